"""What `sync-server` says when it cannot go on: one English sentence that names the way out, and the code behind it.

    StoreError("store_missing", path=…) ──▶ sync-server: There is no store at … Make one with … [store_missing: path=…]

The part in brackets is for programs: a workstation that started the server takes its own words from the code.
"""

from __future__ import annotations

from sync.errors import HallError

SENTENCES = {
    "store_url": "The store '{url}' cannot be used. Write it as sqlite:///FILE (an absolute path has four slashes) or "
    "as postgresql://USER:PASSWORD@HOST/DATABASE.",
    "no_such_day": "Nobody took a ticket on {day} in that queue.",
    "store_missing": "There is no store at {path}. Make one with 'sync-server init --store URL FILE' or "
    "'sync-server sample --store URL', or name another with --store.",
    "store_exists": "There is a store at {path} already; it was left as it is. Name another place with --store.",
    "store_open": "The store {path} cannot be opened ({detail}). Look at its permissions, at the disk's space, and "
    "whether it is a store at all; nothing was changed.",
    "store_foreign": "{path} is a database of another program; it was left as it is. Name another place with --store.",
    "store_newer": "The store {path} was written by a newer version of this program (revision {revision}). Upgrade "
    "this program, or go back to a copy made before; nothing was changed.",
    "store_older": "The store {path} is of an older version of this program (revision {revision}). Make a copy of it, "
    "then run 'sync-server migrate --store URL'; nothing was changed.",
    "store_unmarked": "The store {path} was left half made, or made by a version before the first release. Make a new "
    "one at another place with --store; nothing was changed.",
    "no_clips": "There are no WAV files in {path}. Put the recorded sounds there, or leave --clips out.",
    "pg_unreachable": "The database server of {path} cannot be reached ({detail}). Look whether it runs, at host and "
    "port, and at the network between.",
    "pg_password": "The database {path} does not let this user in ({detail}). Look at user and password in the URL.",
    "pg_missing": "There is no such database at {path} ({detail}). Make one with createdb --encoding=UTF8, or name "
    "another with --store.",
    "pg_too_old": "The database server of {path} is PostgreSQL {version}; {oldest} or newer is needed.",
    "pg_encoding": "The database {path} has the encoding {encoding}; it must be UTF8: createdb --encoding=UTF8 "
    "--template=template0.",
    "store_failed": "The store cannot be written ({detail}). Look at the disk's space and at its permissions, then do "
    "it again: nothing is half done.",
    "store_not_sample": "The store {path} is no sample hall, so no sample morning is opened in it.",
    "clock_not_sample": "Only the clock of a sample hall can be driven: leave the option out.",
    "clock_behind": "The day {day} is before {last}, the last day of this hall. Set this machine's clock first.",
    "sample_day": "'{value}' is no day. Write it as 2026-03-02.",
    "sample_at": "'{value}' is no hour. Write it as 10:30.",
    "sample_step": "The sample hall could not be made, a defect of this program ({kind} by {by}: {status} {why}).",
    "sample_unwritable": "The sample hall {path} cannot be written ({detail}). Look at the disk's space and at the "
    "permissions, or name another place with --store; nothing half made is left.",
    "halls_file": "The map of halls {path} cannot be used ({detail}). It has a table for each hall, with host and "
    "store.",
    "halls_other_store": "The map says that the store {path} is of the hall {name}, but it is of {hall}. Each table of "
    "the map bears its hall's id; look whether two stores were exchanged. Nothing was started.",
    "halls_and": "{option} belongs to one hall alone: with --halls it stands in the file.",
    "port_in_use": "Port {port} of {host} is in use. Name another with --port; 0 takes any free one.",
    "port_not_bound": "{host} port {port} cannot be listened on ({detail}). Look at --host and --port.",
    "hall_description": "The description of the hall cannot be used: {detail}. Nothing was made.",
    "pin_unfit": "A PIN is {least} to {most} digits. Nothing was changed.",
    "staff_missing": "There is no member of staff {staff}. An administrator adds them with 'workstation hall --apply'.",
    "device_missing": "There is no device {device}. List them with 'sync-server devices'.",
    "device_not_revoked": "The device {device} was not revoked ({detail}). Look at it with 'sync-server devices'.",
    "key_unreadable": "The key file {path} cannot be read ({detail}). Look at the path and its permissions.",
    "key_open": "The key file {path} can be read by others. Run 'chmod 600' on it, and ask for another key.",
    "key_short": "The key in {path} is shorter than {least} characters. Copy it again as it was given.",
    "file_unreadable": "The file {name} cannot be read ({why}). Run 'sync-server blobs doctor', and lay it back from a "
    "backup's folder of files, under its name.",
    "files_key_missing": "The files of this store are sealed with a key that was given to the server. Give it again: "
    "--files-key FILE, or the credential files.key; without it they could not be read.",
    "files_key_other": "The files of this store are sealed with another key than the one given. Give the right one; to "
    "change it, name the new one first and the old one after it: --files-key NEW --files-key OLD.",
    "backup_exists": "{path} is there already; a backup overwrites nothing. Name a new file.",
    "backup_no_tool": "pg_dump was not found, and a database of PostgreSQL is copied with it. Install "
    "PostgreSQL's client programs, in the server's version or newer.",
    "backup_broken": "The copy {path} was not made ({detail}). Look at the disk's space and at the store; the store is "
    "as it was.",
    "backup_missing": "There is no backup at {path}. Name the file that 'sync-server backup' wrote.",
    "backup_postgres": "A database of PostgreSQL ({path}) is put back with pg_restore; then run "
    "'sync-server restored'.",
    "heads_missing": "There are no signed heads in {path}. Name the folder that 'sync-server heads --export' wrote to.",
    "fault": "This is a defect of the program ({detail}).",
}


def sentence(error: HallError) -> str:
    """The sentence of an error with its code; a code without one still says its parameters."""
    words = SENTENCES.get(error.code, "It cannot be done.")
    params = {name: one_line(value) for name, value in error.params.items()}
    try:
        said = words.format_map(params)
    except KeyError:
        said = words.format_map(_Unknown(params))
    told = ", ".join(f"{name}={value}" for name, value in params.items())
    return f"{said} [{error.code}{': ' if told else ''}{told}]"


class _Unknown(dict[str, str]):
    """A parameter that nobody gave."""

    def __missing__(self, name: str) -> str:
        return "?"


def one_line(value: object) -> str:
    """What lies in a store, as a terminal may be given it: no escape that it would obey, and no second line."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(value))
