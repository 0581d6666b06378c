"""The bad rating's way: assigned, called back within the hour, put right, called again, closed."""

from __future__ import annotations

from sync.protocol.operation import Args
from sync.protocol.verbs import rating as verbs
from workstation.headless.hour import Hour

CALLBACK = "licang:callback"


async def callback_to_closing(hour: Hour, entry: str) -> None:
    """The entry was opened by the rating itself; the handler's machine knows it."""
    duty, handler = hour.at("0101"), hour.at("0401")
    await handler.device.pull()
    left = (handler.row("rectification", entry)["callback_due_at"] - hour.clock.now()) // 60_000
    hour.tell("entered", minutes=left)
    await duty.device.pull()
    await duty.done(verbs.Assign(handler="0401"), id=entry, scope=CALLBACK)
    hour.tick(2)
    steps: tuple[Args, ...] = (
        verbs.Attempt(attempt=hour.id(), round="first", outcome="no_answer"),
        verbs.Attempt(attempt=hour.id(), round="first", outcome="reached"),
        verbs.Tick(item="what", value="材料要求分两次告知"),
        verbs.Tick(item="wish", value="一次性告知"),
        verbs.Verify(finding="true", cause="一次性告知单未更新"),
        verbs.Interview(note="已约谈当班人员。"),
        verbs.Plan(measure="更新一次性告知单", office="registration"),
        verbs.Rectified(evidence="新告知单已上墙"),
        verbs.Attempt(attempt=hour.id(), round="second", outcome="reached"),
        verbs.Second(level="satisfied"),
        verbs.Close(),
    )
    await handler.device.pull()
    for step in steps:
        hour.tick(0.5)
        await handler.done(step, id=entry, scope=CALLBACK)
    hour.tell("closed", handler=handler.staff, attempts=handler.row("rectification", entry)["attempts"])
