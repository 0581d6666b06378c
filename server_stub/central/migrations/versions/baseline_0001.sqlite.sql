CREATE TABLE announcement (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	ticket VARCHAR NOT NULL,
	number VARCHAR,
	window VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_announcement PRIMARY KEY (id)
);

CREATE INDEX ix_announcement_at ON announcement (at);

CREATE INDEX ix_announcement_scope ON announcement (scope);

CREATE TABLE appointment (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	day VARCHAR NOT NULL,
	minute INTEGER NOT NULL,
	starts_at BIGINT,
	prefix VARCHAR NOT NULL,
	matter VARCHAR NOT NULL,
	seat INTEGER,
	code VARCHAR,
	holder VARCHAR,
	state VARCHAR NOT NULL,
	channel VARCHAR NOT NULL,
	booked_at BIGINT,
	ended_at BIGINT,
	ticket VARCHAR,
	CONSTRAINT pk_appointment PRIMARY KEY (id)
);

CREATE INDEX ix_appointment_day ON appointment (day);

CREATE INDEX ix_appointment_scope ON appointment (scope);

CREATE INDEX ix_appointment_state ON appointment (state);

CREATE INDEX ix_appointment_ticket ON appointment (ticket);

CREATE UNIQUE INDEX uq_appointment_code ON appointment (scope, day, code) WHERE code IS NOT NULL;

CREATE UNIQUE INDEX uq_appointment_seat ON appointment (scope, day, prefix, minute, seat) WHERE seat IS NOT NULL;

CREATE TABLE appraisal (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	head_seq INTEGER NOT NULL,
	figures JSON,
	names JSON,
	hash VARCHAR NOT NULL,
	frozen_at BIGINT,
	CONSTRAINT pk_appraisal PRIMARY KEY (id)
);

CREATE INDEX ix_appraisal_scope ON appraisal (scope);

CREATE TABLE appraisal_correction (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	month VARCHAR NOT NULL,
	figure VARCHAR NOT NULL,
	"by" INTEGER NOT NULL,
	staff VARCHAR,
	window VARCHAR,
	matter VARCHAR,
	site VARCHAR,
	source VARCHAR NOT NULL,
	reason VARCHAR NOT NULL,
	author VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_appraisal_correction PRIMARY KEY (id)
);

CREATE INDEX ix_appraisal_correction_month ON appraisal_correction (month);

CREATE INDEX ix_appraisal_correction_scope ON appraisal_correction (scope);

CREATE TABLE blank (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	stock VARCHAR NOT NULL,
	serial VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	authorisation VARCHAR,
	reason VARCHAR,
	at BIGINT,
	staff VARCHAR,
	CONSTRAINT pk_blank PRIMARY KEY (id)
);

CREATE INDEX ix_blank_scope ON blank (scope);

CREATE INDEX ix_blank_stock ON blank (stock);

CREATE UNIQUE INDEX uq_blank_serial ON blank (serial);

CREATE TABLE blank_range (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	stock VARCHAR NOT NULL,
	prefix VARCHAR NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	width INTEGER NOT NULL,
	at BIGINT,
	staff VARCHAR,
	CONSTRAINT pk_blank_range PRIMARY KEY (id)
);

CREATE INDEX ix_blank_range_prefix ON blank_range (prefix);

CREATE INDEX ix_blank_range_scope ON blank_range (scope);

CREATE INDEX ix_blank_range_stock ON blank_range (stock);

CREATE TABLE blank_stock (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	place VARCHAR NOT NULL,
	received INTEGER NOT NULL,
	used INTEGER NOT NULL,
	void INTEGER NOT NULL,
	CONSTRAINT pk_blank_stock PRIMARY KEY (id)
);

CREATE INDEX ix_blank_stock_scope ON blank_stock (scope);

CREATE TABLE blob (
	sha256 VARCHAR NOT NULL,
	size BIGINT NOT NULL,
	media_type VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	loose_at BIGINT,
	CONSTRAINT pk_blob PRIMARY KEY (sha256)
);

CREATE INDEX ix_blob_loose_at ON blob (loose_at);

CREATE TABLE blob_day (
	device VARCHAR NOT NULL,
	day VARCHAR NOT NULL,
	bytes BIGINT NOT NULL,
	CONSTRAINT pk_blob_day PRIMARY KEY (device, day)
);

CREATE TABLE blob_paper (
	sha256 VARCHAR NOT NULL,
	paper VARCHAR NOT NULL,
	CONSTRAINT pk_blob_paper PRIMARY KEY (sha256, paper)
);

CREATE TABLE booking (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	phone VARCHAR NOT NULL,
	matter VARCHAR NOT NULL,
	open BOOLEAN NOT NULL,
	missed_at BIGINT,
	CONSTRAINT pk_booking PRIMARY KEY (id)
);

CREATE INDEX ix_booking_phone ON booking (phone);

CREATE INDEX ix_booking_scope ON booking (scope);

CREATE UNIQUE INDEX uq_booking_open ON booking (phone, matter) WHERE open;

CREATE TABLE calendar_day (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	working BOOLEAN NOT NULL,
	name VARCHAR,
	CONSTRAINT pk_calendar_day PRIMARY KEY (id)
);

CREATE INDEX ix_calendar_day_scope ON calendar_day (scope);

CREATE TABLE call (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	ticket VARCHAR NOT NULL,
	window VARCHAR NOT NULL,
	session VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	called_at BIGINT,
	ended_at BIGINT,
	open BOOLEAN NOT NULL,
	outcome VARCHAR,
	CONSTRAINT pk_call PRIMARY KEY (id)
);

CREATE INDEX ix_call_scope ON call (scope);

CREATE INDEX ix_call_ticket ON call (ticket);

CREATE UNIQUE INDEX uq_call_open ON call (ticket) WHERE open;

CREATE TABLE callback_attempt (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	entry VARCHAR NOT NULL,
	round VARCHAR NOT NULL,
	outcome VARCHAR NOT NULL,
	note VARCHAR,
	staff VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_callback_attempt PRIMARY KEY (id)
);

CREATE INDEX ix_callback_attempt_entry ON callback_attempt (entry);

CREATE INDEX ix_callback_attempt_scope ON callback_attempt (scope);

CREATE TABLE "case" (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	number VARCHAR,
	matter VARCHAR NOT NULL,
	office VARCHAR NOT NULL,
	site VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	applicant VARCHAR NOT NULL,
	applicant_code VARCHAR,
	form JSON,
	owner VARCHAR,
	handlers JSON,
	ticket VARCHAR,
	channel VARCHAR NOT NULL,
	received_at BIGINT,
	received_by VARCHAR,
	correction_due_day VARCHAR,
	correction_round INTEGER NOT NULL,
	deemed BOOLEAN NOT NULL,
	accepted_at BIGINT,
	promised_day VARCHAR,
	statutory_day VARCHAR,
	deadline_certain BOOLEAN NOT NULL,
	extended BOOLEAN NOT NULL,
	suspended_day VARCHAR,
	steps INTEGER NOT NULL,
	reviewer VARCHAR,
	reviewed_device VARCHAR,
	reviewed_at BIGINT,
	opinion VARCHAR,
	proposal VARCHAR,
	approver VARCHAR,
	decision VARCHAR,
	reasons VARCHAR,
	decided_at BIGINT,
	issued_at BIGINT,
	issued_by VARCHAR,
	delivery_day VARCHAR,
	delivered_at BIGINT,
	ended_at BIGINT,
	CONSTRAINT pk_case PRIMARY KEY (id)
);

CREATE INDEX ix_case_applicant ON "case" (applicant);

CREATE INDEX ix_case_number ON "case" (number);

CREATE INDEX ix_case_owner ON "case" (owner);

CREATE INDEX ix_case_scope ON "case" (scope);

CREATE INDEX ix_case_state ON "case" (state);

CREATE INDEX ix_case_statutory_day ON "case" (statutory_day);

CREATE UNIQUE INDEX uq_case_number ON "case" (number) WHERE number IS NOT NULL;

CREATE TABLE case_move (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	moved VARCHAR NOT NULL,
	number VARCHAR,
	"to" VARCHAR NOT NULL,
	reason VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_case_move PRIMARY KEY (id)
);

CREATE INDEX ix_case_move_moved ON case_move (moved);

CREATE INDEX ix_case_move_scope ON case_move (scope);

CREATE TABLE case_note (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	text VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_case_note PRIMARY KEY (id)
);

CREATE INDEX ix_case_note_case ON case_note ("case");

CREATE INDEX ix_case_note_scope ON case_note (scope);

CREATE TABLE checklist_tick (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	entry VARCHAR NOT NULL,
	item VARCHAR NOT NULL,
	value VARCHAR,
	staff VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_checklist_tick PRIMARY KEY (id)
);

CREATE INDEX ix_checklist_tick_entry ON checklist_tick (entry);

CREATE INDEX ix_checklist_tick_scope ON checklist_tick (scope);

CREATE TABLE "conflict" (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	field VARCHAR NOT NULL,
	base VARCHAR,
	theirs VARCHAR,
	theirs_by VARCHAR,
	theirs_at BIGINT,
	mine VARCHAR,
	mine_by VARCHAR,
	mine_at BIGINT,
	state VARCHAR NOT NULL,
	choice VARCHAR,
	value VARCHAR,
	decided_by VARCHAR,
	decided_at BIGINT,
	CONSTRAINT pk_conflict PRIMARY KEY (id)
);

CREATE INDEX ix_conflict_case ON "conflict" ("case");

CREATE INDEX ix_conflict_scope ON "conflict" (scope);

CREATE INDEX ix_conflict_state ON "conflict" (state);

CREATE TABLE connector (
	name VARCHAR NOT NULL,
	seq BIGINT NOT NULL,
	holder VARCHAR NOT NULL,
	until BIGINT NOT NULL,
	tries INTEGER NOT NULL,
	next_at BIGINT NOT NULL,
	last_ok_at BIGINT,
	trouble VARCHAR,
	trouble_at BIGINT,
	CONSTRAINT pk_connector PRIMARY KEY (name)
);

CREATE TABLE contact (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	holder VARCHAR,
	phone VARCHAR,
	at BIGINT,
	CONSTRAINT pk_contact PRIMARY KEY (id)
);

CREATE INDEX ix_contact_scope ON contact (scope);

CREATE TABLE correction (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	round INTEGER NOT NULL,
	defects JSON,
	staff VARCHAR NOT NULL,
	at BIGINT,
	answered_at BIGINT,
	CONSTRAINT pk_correction PRIMARY KEY (id)
);

CREATE INDEX ix_correction_case ON correction ("case");

CREATE INDEX ix_correction_scope ON correction (scope);

CREATE TABLE credential (
	staff VARCHAR NOT NULL,
	verifier VARCHAR NOT NULL,
	CONSTRAINT pk_credential PRIMARY KEY (staff)
);

CREATE TABLE delivery_attempt (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	method VARCHAR NOT NULL,
	day VARCHAR NOT NULL,
	reason VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_delivery_attempt PRIMARY KEY (id)
);

CREATE INDEX ix_delivery_attempt_case ON delivery_attempt ("case");

CREATE INDEX ix_delivery_attempt_scope ON delivery_attempt (scope);

CREATE TABLE device (
	id VARCHAR NOT NULL,
	label VARCHAR NOT NULL,
	public_key VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	last_n BIGINT NOT NULL,
	last_contact_at BIGINT NOT NULL,
	enrolled_at BIGINT NOT NULL,
	CONSTRAINT pk_device PRIMARY KEY (id)
);

CREATE TABLE document (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	number VARCHAR,
	state VARCHAR NOT NULL,
	page VARCHAR,
	year VARCHAR,
	n INTEGER,
	facts JSON,
	superseded_by VARCHAR,
	approver VARCHAR,
	approval VARCHAR,
	approval_serial VARCHAR,
	approval_at BIGINT,
	alone VARCHAR,
	prepared_at BIGINT,
	prepared_by VARCHAR,
	sha256 VARCHAR,
	size INTEGER,
	pages INTEGER,
	message_digest VARCHAR,
	signature VARCHAR,
	signer VARCHAR,
	serial VARCHAR,
	level VARCHAR,
	files JSON,
	signed_at BIGINT,
	registered_at BIGINT,
	registered_by VARCHAR,
	raise_at BIGINT,
	raiser VARCHAR,
	raiser_label VARCHAR,
	raise_until BIGINT,
	raise_why JSON,
	CONSTRAINT pk_document PRIMARY KEY (id)
);

CREATE INDEX ix_document_approval ON document (approval);

CREATE INDEX ix_document_approver ON document (approver);

CREATE INDEX ix_document_case ON document ("case");

CREATE INDEX ix_document_message_digest ON document (message_digest);

CREATE INDEX ix_document_page ON document (page);

CREATE INDEX ix_document_raise_at ON document (raise_at);

CREATE INDEX ix_document_scope ON document (scope);

CREATE INDEX ix_document_sha256 ON document (sha256);

CREATE INDEX ix_document_superseded_by ON document (superseded_by);

CREATE UNIQUE INDEX uq_document_number ON document (number) WHERE number IS NOT NULL;

CREATE TABLE due (
	id VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	kind VARCHAR NOT NULL,
	record VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	args TEXT NOT NULL,
	CONSTRAINT pk_due PRIMARY KEY (id)
);

CREATE INDEX ix_due_at ON due (at);

CREATE TABLE enrol_code (
	hash VARCHAR NOT NULL,
	expires_at BIGINT NOT NULL,
	used_by VARCHAR,
	given_by VARCHAR,
	CONSTRAINT pk_enrol_code PRIMARY KEY (hash)
);

CREATE TABLE evidence (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	entry VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	sha256 VARCHAR,
	size INTEGER NOT NULL,
	media_type VARCHAR NOT NULL,
	arrived BOOLEAN NOT NULL,
	staff VARCHAR NOT NULL,
	at BIGINT,
	back_at BIGINT,
	back_why VARCHAR,
	CONSTRAINT pk_evidence PRIMARY KEY (id)
);

CREATE INDEX ix_evidence_entry ON evidence (entry);

CREATE INDEX ix_evidence_scope ON evidence (scope);

CREATE INDEX ix_evidence_sha256 ON evidence (sha256);

CREATE TABLE failed_try (
	device VARCHAR NOT NULL,
	n BIGINT NOT NULL,
	tries INTEGER NOT NULL,
	CONSTRAINT pk_failed_try PRIMARY KEY (device, n)
);

CREATE TABLE field_write (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	field VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_field_write PRIMARY KEY (id)
);

CREATE INDEX ix_field_write_case ON field_write ("case");

CREATE INDEX ix_field_write_scope ON field_write (scope);

CREATE TABLE hall (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	bureau VARCHAR NOT NULL,
	sample BOOLEAN NOT NULL,
	CONSTRAINT pk_hall PRIMARY KEY (id)
);

CREATE INDEX ix_hall_scope ON hall (scope);

CREATE TABLE head (
	scope VARCHAR NOT NULL,
	seq BIGINT NOT NULL,
	hash VARCHAR NOT NULL,
	floor BIGINT NOT NULL,
	CONSTRAINT pk_head PRIMARY KEY (scope)
);

CREATE TABLE held_operation (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	machine VARCHAR NOT NULL,
	n BIGINT NOT NULL,
	kind VARCHAR NOT NULL,
	about VARCHAR NOT NULL,
	within VARCHAR NOT NULL,
	said VARCHAR NOT NULL,
	"by" VARCHAR NOT NULL,
	at BIGINT,
	received_at BIGINT,
	why VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	code VARCHAR,
	reason VARCHAR,
	decided_by VARCHAR,
	decided_at BIGINT,
	CONSTRAINT pk_held_operation PRIMARY KEY (id)
);

CREATE INDEX ix_held_operation_machine ON held_operation (machine);

CREATE INDEX ix_held_operation_scope ON held_operation (scope);

CREATE INDEX ix_held_operation_state ON held_operation (state);

CREATE TABLE held_outcome (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"by" VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	about VARCHAR NOT NULL,
	at BIGINT,
	said VARCHAR,
	state VARCHAR NOT NULL,
	code VARCHAR,
	params JSON,
	reason VARCHAR,
	decided_by VARCHAR NOT NULL,
	decided_at BIGINT,
	CONSTRAINT pk_held_outcome PRIMARY KEY (id)
);

CREATE INDEX ix_held_outcome_by ON held_outcome ("by");

CREATE INDEX ix_held_outcome_scope ON held_outcome (scope);

CREATE TABLE invite (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	subject VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	matter VARCHAR NOT NULL,
	window VARCHAR,
	staff VARCHAR,
	site VARCHAR NOT NULL,
	opened_at BIGINT,
	lapses_at BIGINT,
	CONSTRAINT pk_invite PRIMARY KEY (id)
);

CREATE INDEX ix_invite_scope ON invite (scope);

CREATE TABLE invite_link (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	ticket VARCHAR,
	"case" VARCHAR,
	number VARCHAR,
	holder VARCHAR,
	phone VARCHAR,
	at BIGINT,
	CONSTRAINT pk_invite_link PRIMARY KEY (id)
);

CREATE INDEX ix_invite_link_case ON invite_link ("case");

CREATE INDEX ix_invite_link_scope ON invite_link (scope);

CREATE INDEX ix_invite_link_ticket ON invite_link (ticket);

CREATE TABLE issue_authorisation (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	document VARCHAR NOT NULL,
	number VARCHAR,
	page VARCHAR,
	device VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	given_at BIGINT,
	expires_at BIGINT,
	ended_at BIGINT,
	CONSTRAINT pk_issue_authorisation PRIMARY KEY (id)
);

CREATE INDEX ix_issue_authorisation_case ON issue_authorisation ("case");

CREATE INDEX ix_issue_authorisation_scope ON issue_authorisation (scope);

CREATE UNIQUE INDEX uq_issue_authorisation_out ON issue_authorisation ("case") WHERE state = 'out';

CREATE TABLE layout (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	takes JSON,
	work JSON,
	laid_at BIGINT,
	CONSTRAINT pk_layout PRIMARY KEY (id)
);

CREATE INDEX ix_layout_scope ON layout (scope);

CREATE TABLE log (
	scope VARCHAR NOT NULL,
	seq BIGINT NOT NULL,
	"table" VARCHAR NOT NULL,
	id VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	device VARCHAR NOT NULL,
	n BIGINT NOT NULL,
	"by" VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	body BLOB,
	digest VARCHAR NOT NULL,
	hash VARCHAR NOT NULL,
	CONSTRAINT pk_log PRIMARY KEY (scope, seq)
);

CREATE TABLE lookup (
	id VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	staff VARCHAR NOT NULL,
	device VARCHAR NOT NULL,
	session VARCHAR NOT NULL,
	asked TEXT NOT NULL,
	shown TEXT NOT NULL,
	CONSTRAINT pk_lookup PRIMARY KEY (id)
);

CREATE INDEX ix_lookup_at ON lookup (at);

CREATE TABLE machine (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	label VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	enrolled_at BIGINT,
	given_by VARCHAR,
	why VARCHAR,
	changed_by VARCHAR,
	changed_at BIGINT,
	CONSTRAINT pk_machine PRIMARY KEY (id)
);

CREATE INDEX ix_machine_scope ON machine (scope);

CREATE TABLE material (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	ordinal INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	required BOOLEAN NOT NULL,
	state VARCHAR NOT NULL,
	sha256 VARCHAR,
	size INTEGER,
	media_type VARCHAR,
	arrived BOOLEAN NOT NULL,
	defect VARCHAR,
	staff VARCHAR,
	at BIGINT,
	CONSTRAINT pk_material PRIMARY KEY (id)
);

CREATE INDEX ix_material_case ON material ("case");

CREATE INDEX ix_material_scope ON material (scope);

CREATE INDEX ix_material_sha256 ON material (sha256);

CREATE TABLE matter (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	office VARCHAR NOT NULL,
	prefix VARCHAR NOT NULL,
	expected_minutes INTEGER NOT NULL,
	promised_days INTEGER NOT NULL,
	statutory_days INTEGER NOT NULL,
	basis VARCHAR NOT NULL,
	nature VARCHAR NOT NULL,
	materials JSON,
	fields JSON,
	licence VARCHAR,
	licence_years INTEGER NOT NULL,
	active BOOLEAN NOT NULL,
	CONSTRAINT pk_matter PRIMARY KEY (id)
);

CREATE INDEX ix_matter_scope ON matter (scope);

CREATE TABLE number_block (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	series VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	prefix VARCHAR,
	period VARCHAR NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	used JSON,
	device VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	reason VARCHAR,
	given_at BIGINT,
	expires_at BIGINT,
	ended_at BIGINT,
	CONSTRAINT pk_number_block PRIMARY KEY (id)
);

CREATE INDEX ix_number_block_device ON number_block (device);

CREATE INDEX ix_number_block_scope ON number_block (scope);

CREATE INDEX ix_number_block_series ON number_block (series);

CREATE TABLE number_series (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	next INTEGER NOT NULL,
	period VARCHAR NOT NULL,
	lost JSON,
	CONSTRAINT pk_number_series PRIMARY KEY (id)
);

CREATE INDEX ix_number_series_scope ON number_series (scope);

CREATE TABLE office (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	CONSTRAINT pk_office PRIMARY KEY (id)
);

CREATE INDEX ix_office_scope ON office (scope);

CREATE TABLE opening (
	device VARCHAR NOT NULL,
	level INTEGER NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_opening PRIMARY KEY (device)
);

CREATE TABLE parcel (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	leg VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	carrier VARCHAR NOT NULL,
	tracking VARCHAR NOT NULL,
	receiver VARCHAR NOT NULL,
	contents JSON,
	sent_at BIGINT,
	sent_by VARCHAR NOT NULL,
	day VARCHAR,
	reason VARCHAR,
	ended_at BIGINT,
	ended_by VARCHAR,
	CONSTRAINT pk_parcel PRIMARY KEY (id)
);

CREATE INDEX ix_parcel_case ON parcel ("case");

CREATE INDEX ix_parcel_scope ON parcel (scope);

CREATE TABLE pause (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	session VARCHAR NOT NULL,
	reason VARCHAR NOT NULL,
	from_at BIGINT,
	to_at BIGINT,
	CONSTRAINT pk_pause PRIMARY KEY (id)
);

CREATE INDEX ix_pause_scope ON pause (scope);

CREATE INDEX ix_pause_session ON pause (session);

CREATE TABLE print_authorisation (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	document VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	number VARCHAR,
	channel VARCHAR NOT NULL,
	copy_no INTEGER NOT NULL,
	state VARCHAR NOT NULL,
	code VARCHAR,
	given_at BIGINT,
	given_by VARCHAR,
	device VARCHAR,
	taken_at BIGINT,
	stock VARCHAR,
	serial VARCHAR,
	printed_at BIGINT,
	ended_at BIGINT,
	reason VARCHAR,
	CONSTRAINT pk_print_authorisation PRIMARY KEY (id)
);

CREATE INDEX ix_print_authorisation_case ON print_authorisation ("case");

CREATE INDEX ix_print_authorisation_document ON print_authorisation (document);

CREATE INDEX ix_print_authorisation_scope ON print_authorisation (scope);

CREATE TABLE print_job (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	home VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	title VARCHAR NOT NULL,
	number VARCHAR,
	holder VARCHAR,
	pages INTEGER,
	sha256 VARCHAR,
	code_hash VARCHAR,
	state VARCHAR NOT NULL,
	device VARCHAR,
	stock VARCHAR,
	serial VARCHAR,
	ended_at BIGINT,
	CONSTRAINT pk_print_job PRIMARY KEY (id)
);

CREATE INDEX ix_print_job_code_hash ON print_job (code_hash);

CREATE INDEX ix_print_job_scope ON print_job (scope);

CREATE INDEX ix_print_job_sha256 ON print_job (sha256);

CREATE TABLE proof_waiver (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	way VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_proof_waiver PRIMARY KEY (id)
);

CREATE INDEX ix_proof_waiver_case ON proof_waiver ("case");

CREATE INDEX ix_proof_waiver_scope ON proof_waiver (scope);

CREATE TABLE public_notice (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	addressee VARCHAR NOT NULL,
	matter VARCHAR NOT NULL,
	papers JSON,
	reason VARCHAR NOT NULL,
	course JSON,
	posted_at BIGINT,
	until_day VARCHAR NOT NULL,
	ends_at BIGINT,
	document VARCHAR NOT NULL,
	handled_by VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	ended_at BIGINT,
	CONSTRAINT pk_public_notice PRIMARY KEY (id)
);

CREATE INDEX ix_public_notice_case ON public_notice ("case");

CREATE INDEX ix_public_notice_scope ON public_notice (scope);

CREATE INDEX ix_public_notice_state ON public_notice (state);

CREATE UNIQUE INDEX uq_public_notice_posted ON public_notice ("case") WHERE state = 'posted';

CREATE TABLE publicity (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	state VARCHAR NOT NULL,
	text VARCHAR NOT NULL,
	hash VARCHAR NOT NULL,
	appraisal VARCHAR NOT NULL,
	drafted_by VARCHAR NOT NULL,
	drafted_at BIGINT,
	decided_by VARCHAR,
	decided_at BIGINT,
	reason VARCHAR,
	CONSTRAINT pk_publicity PRIMARY KEY (id)
);

CREATE INDEX ix_publicity_scope ON publicity (scope);

CREATE TABLE rating (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	level VARCHAR NOT NULL,
	person_level VARCHAR,
	tags JSON,
	tag_version INTEGER,
	words VARCHAR,
	channel VARCHAR NOT NULL,
	matter VARCHAR NOT NULL,
	window VARCHAR,
	staff VARCHAR,
	site VARCHAR NOT NULL,
	rated_at BIGINT,
	defaulted BOOLEAN NOT NULL,
	CONSTRAINT pk_rating PRIMARY KEY (id)
);

CREATE INDEX ix_rating_level ON rating (level);

CREATE INDEX ix_rating_rated_at ON rating (rated_at);

CREATE INDEX ix_rating_scope ON rating (scope);

CREATE TABLE rating_supplement (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	rating VARCHAR NOT NULL,
	words VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_rating_supplement PRIMARY KEY (id)
);

CREATE INDEX ix_rating_supplement_rating ON rating_supplement (rating);

CREATE INDEX ix_rating_supplement_scope ON rating_supplement (scope);

CREATE TABLE rectification (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	source VARCHAR NOT NULL,
	level VARCHAR,
	matter VARCHAR NOT NULL,
	window VARCHAR,
	rated_staff VARCHAR,
	site VARCHAR NOT NULL,
	holder VARCHAR,
	phone VARCHAR,
	words VARCHAR,
	tags JSON,
	state VARCHAR NOT NULL,
	opened_at BIGINT,
	callback_due_at BIGINT,
	callback_wall_at BIGINT,
	warned INTEGER NOT NULL,
	handler VARCHAR,
	assigned_at BIGINT,
	first_reached_at BIGINT,
	attempts INTEGER NOT NULL,
	failed_second INTEGER NOT NULL,
	failed_second_days JSON,
	finding VARCHAR,
	cause VARCHAR,
	verified_at BIGINT,
	office VARCHAR,
	measure VARCHAR,
	rectify_due_day VARCHAR,
	deadline_certain BOOLEAN NOT NULL,
	interviewed_at BIGINT,
	rectified_at BIGINT,
	evidence VARCHAR,
	second_at BIGINT,
	seen_at BIGINT,
	second_level VARCHAR,
	closed_at BIGINT,
	reopened INTEGER NOT NULL,
	appeal VARCHAR,
	void_reason VARCHAR,
	CONSTRAINT pk_rectification PRIMARY KEY (id)
);

CREATE INDEX ix_rectification_handler ON rectification (handler);

CREATE INDEX ix_rectification_scope ON rectification (scope);

CREATE INDEX ix_rectification_state ON rectification (state);

CREATE TABLE result (
	device VARCHAR NOT NULL,
	n BIGINT NOT NULL,
	kind VARCHAR NOT NULL,
	said VARCHAR NOT NULL,
	"by" VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	code VARCHAR,
	params TEXT NOT NULL,
	seqs TEXT NOT NULL,
	at BIGINT NOT NULL,
	received BIGINT NOT NULL,
	CONSTRAINT pk_result PRIMARY KEY (device, n)
);

CREATE TABLE review_step (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	"case" VARCHAR NOT NULL,
	activity VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	at BIGINT,
	note VARCHAR,
	CONSTRAINT pk_review_step PRIMARY KEY (id)
);

CREATE INDEX ix_review_step_case ON review_step ("case");

CREATE INDEX ix_review_step_scope ON review_step (scope);

CREATE TABLE role_assignment (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	staff VARCHAR NOT NULL,
	role VARCHAR NOT NULL,
	over VARCHAR NOT NULL,
	CONSTRAINT pk_role_assignment PRIMARY KEY (id)
);

CREATE INDEX ix_role_assignment_scope ON role_assignment (scope);

CREATE INDEX ix_role_assignment_staff ON role_assignment (staff);

CREATE TABLE saved (
	scope VARCHAR NOT NULL,
	seq BIGINT NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_saved PRIMARY KEY (scope)
);

CREATE TABLE secret (
	name VARCHAR NOT NULL,
	value BLOB NOT NULL,
	CONSTRAINT pk_secret PRIMARY KEY (name)
);

CREATE TABLE service_segment (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	ticket VARCHAR NOT NULL,
	window VARCHAR NOT NULL,
	session VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	matter VARCHAR NOT NULL,
	started_at BIGINT,
	ended_at BIGINT,
	ended_by VARCHAR,
	CONSTRAINT pk_service_segment PRIMARY KEY (id)
);

CREATE INDEX ix_service_segment_scope ON service_segment (scope);

CREATE INDEX ix_service_segment_ticket ON service_segment (ticket);

CREATE UNIQUE INDEX uq_service_segment_open ON service_segment (ticket) WHERE ended_at IS NULL;

CREATE TABLE session (
	id VARCHAR NOT NULL,
	device VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	opened_at BIGINT NOT NULL,
	until BIGINT NOT NULL,
	ended_at BIGINT,
	CONSTRAINT pk_session PRIMARY KEY (id)
);

CREATE INDEX ix_session_device ON session (device);

CREATE TABLE setting (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	value JSON,
	from_day VARCHAR,
	CONSTRAINT pk_setting PRIMARY KEY (id)
);

CREATE INDEX ix_setting_scope ON setting (scope);

CREATE TABLE shape (
	name VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	CONSTRAINT pk_shape PRIMARY KEY (name)
);

CREATE TABLE site (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	queue_scope VARCHAR,
	case_scope VARCHAR,
	CONSTRAINT pk_site PRIMARY KEY (id)
);

CREATE INDEX ix_site_scope ON site (scope);

CREATE TABLE snapshot (
	scope VARCHAR NOT NULL,
	seq BIGINT NOT NULL,
	hash VARCHAR NOT NULL,
	rows BIGINT NOT NULL,
	blob VARCHAR NOT NULL,
	size BIGINT NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_snapshot PRIMARY KEY (scope)
);

CREATE INDEX ix_snapshot_blob ON snapshot (blob);

CREATE TABLE spent_challenge (
	hash VARCHAR NOT NULL,
	expires_at BIGINT NOT NULL,
	CONSTRAINT pk_spent_challenge PRIMARY KEY (hash)
);

CREATE INDEX ix_spent_challenge_expires_at ON spent_challenge (expires_at);

CREATE TABLE staff (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	site VARCHAR NOT NULL,
	office VARCHAR,
	certificate VARCHAR,
	active BOOLEAN NOT NULL,
	CONSTRAINT pk_staff PRIMARY KEY (id)
);

CREATE INDEX ix_staff_scope ON staff (scope);

CREATE TABLE tag_set (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	version INTEGER NOT NULL,
	nature VARCHAR NOT NULL,
	level VARCHAR NOT NULL,
	tags JSON,
	CONSTRAINT pk_tag_set PRIMARY KEY (id)
);

CREATE INDEX ix_tag_set_scope ON tag_set (scope);

CREATE TABLE ticket (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	number VARCHAR,
	day VARCHAR NOT NULL,
	matter VARCHAR NOT NULL,
	prefix VARCHAR NOT NULL,
	holder VARCHAR,
	priority VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	site VARCHAR NOT NULL,
	issued_at BIGINT,
	arrived_at BIGINT,
	window VARCHAR,
	session VARCHAR,
	target_window VARCHAR,
	called_at BIGINT,
	calls INTEGER NOT NULL,
	missed_at BIGINT,
	misses INTEGER NOT NULL,
	serving_at BIGINT,
	finished_at BIGINT,
	"case" VARCHAR,
	flagged BOOLEAN NOT NULL,
	desk VARCHAR,
	more JSON,
	CONSTRAINT pk_ticket PRIMARY KEY (id)
);

CREATE INDEX ix_ticket_day ON ticket (day);

CREATE INDEX ix_ticket_scope ON ticket (scope);

CREATE INDEX ix_ticket_state ON ticket (state);

CREATE UNIQUE INDEX uq_ticket_number ON ticket (scope, day, number) WHERE number IS NOT NULL;

CREATE TABLE ticket_lease (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	ticket VARCHAR NOT NULL,
	day VARCHAR NOT NULL,
	window VARCHAR NOT NULL,
	session VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	device VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	given_at BIGINT,
	expires_at BIGINT,
	asked_at BIGINT,
	ended_at BIGINT,
	CONSTRAINT pk_ticket_lease PRIMARY KEY (id)
);

CREATE INDEX ix_ticket_lease_day ON ticket_lease (day);

CREATE INDEX ix_ticket_lease_live ON ticket_lease (scope, ended_at) WHERE ended_at IS NULL;

CREATE INDEX ix_ticket_lease_scope ON ticket_lease (scope);

CREATE INDEX ix_ticket_lease_session ON ticket_lease (session);

CREATE INDEX ix_ticket_lease_ticket ON ticket_lease (ticket);

CREATE UNIQUE INDEX uq_ticket_lease_open ON ticket_lease (ticket) WHERE ended_at IS NULL;

CREATE TABLE token (
	hash VARCHAR NOT NULL,
	session VARCHAR NOT NULL,
	expires_at BIGINT NOT NULL,
	CONSTRAINT pk_token PRIMARY KEY (hash)
);

CREATE INDEX ix_token_session ON token (session);

CREATE TABLE upload (
	number VARCHAR NOT NULL,
	record VARCHAR NOT NULL,
	day VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	tries INTEGER NOT NULL,
	next_at BIGINT NOT NULL,
	code VARCHAR,
	acknowledged_at BIGINT,
	CONSTRAINT pk_upload PRIMARY KEY (number)
);

CREATE INDEX ix_upload_day ON upload (day);

CREATE INDEX ix_upload_next_at ON upload (next_at);

CREATE TABLE upload_day (
	day VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	ours INTEGER NOT NULL,
	theirs INTEGER NOT NULL,
	missing TEXT NOT NULL,
	differing TEXT NOT NULL,
	extra TEXT NOT NULL,
	tries INTEGER NOT NULL,
	next_at BIGINT NOT NULL,
	compared_at BIGINT,
	CONSTRAINT pk_upload_day PRIMARY KEY (day)
);

CREATE TABLE visit (
	address VARCHAR NOT NULL,
	since BIGINT NOT NULL,
	tries BIGINT NOT NULL,
	CONSTRAINT pk_visit PRIMARY KEY (address)
);

CREATE INDEX ix_visit_since ON visit (since);

CREATE TABLE void_number (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	number VARCHAR NOT NULL,
	"case" VARCHAR,
	series VARCHAR,
	period VARCHAR,
	n INTEGER,
	block VARCHAR,
	reason VARCHAR NOT NULL,
	at BIGINT,
	CONSTRAINT pk_void_number PRIMARY KEY (id)
);

CREATE INDEX ix_void_number_block ON void_number (block);

CREATE INDEX ix_void_number_case ON void_number ("case");

CREATE INDEX ix_void_number_scope ON void_number (scope);

CREATE INDEX ix_void_number_series ON void_number (series);

CREATE TABLE window (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	label VARCHAR NOT NULL,
	site VARCHAR NOT NULL,
	skills JSON,
	queue_scope VARCHAR NOT NULL,
	place VARCHAR,
	CONSTRAINT pk_window PRIMARY KEY (id)
);

CREATE INDEX ix_window_scope ON window (scope);

CREATE INDEX ix_window_site ON window (site);

CREATE TABLE window_request (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	window VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	service VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	asked_by VARCHAR NOT NULL,
	asked_at BIGINT,
	ended_at BIGINT,
	met_by VARCHAR,
	CONSTRAINT pk_window_request PRIMARY KEY (id)
);

CREATE INDEX ix_window_request_scope ON window_request (scope);

CREATE INDEX ix_window_request_window ON window_request (window);

CREATE UNIQUE INDEX uq_window_request_asked ON window_request (window) WHERE state = 'asked';

CREATE TABLE window_session (
	id VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	v INTEGER NOT NULL,
	window VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	device VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	ticket VARCHAR,
	opened_at BIGINT,
	closed_at BIGINT,
	pause_reason VARCHAR,
	silent_at BIGINT,
	CONSTRAINT pk_window_session PRIMARY KEY (id)
);

CREATE INDEX ix_window_session_scope ON window_session (scope);

CREATE INDEX ix_window_session_staff ON window_session (staff);

CREATE INDEX ix_window_session_ticket ON window_session (ticket);

CREATE INDEX ix_window_session_window ON window_session (window);

CREATE UNIQUE INDEX uq_window_session_live ON window_session (window) WHERE closed_at IS NULL;

CREATE UNIQUE INDEX uq_window_session_staff ON window_session (staff) WHERE closed_at IS NULL;

CREATE TABLE wrong_pin (
	device VARCHAR NOT NULL,
	staff VARCHAR NOT NULL,
	tries INTEGER NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_wrong_pin PRIMARY KEY (device, staff)
);
