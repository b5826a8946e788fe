"""The scheduling service: SIU S12 S13 S14 S15 S26 and a daily appointments CSV, Denver time, no
offset.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest.synthetic.drop import Fact
from ingest.synthetic.model import Appointment
from ingest.synthetic.systems.desk import Context, iso, phone_text, pid
from ingest.synthetic.systems.ehr import xcn
from ingest.synthetic.wire.csv import row
from ingest.synthetic.wire.hl7 import comp, esc, message, msh, segment
from ingest.synthetic.wire.times import DENVER, hl7_time, to_local

HEADER = (
    "appointment_id,patient_number,last_name,first_name,dob,sex,phone,provider_npi,provider_name,"
    "department,location,appointment_type,start_local,duration_minutes,status,booked_at,cancelled_at,"
    "cancel_reason,updated_at"
)
_WORD = {
    "booked": "Scheduled",
    "cancelled": "Canceled",
    "noshow": "No Show",
    "fulfilled": "Completed",
    "entered-in-error": "Deleted",
}
_FILLER = {
    "booked": "Booked",
    "cancelled": "Cancelled",
    "noshow": "Noshow",
    "fulfilled": "Complete",
    "entered-in-error": "Deleted",
}


class Scheduling:
    """Writes one person's appointments."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("scheduling")
        self._count = 0

    def write(self, facts: dict[str, Fact]) -> None:
        """Every change of every appointment, in time."""
        for appointment in self.desk.life.appointments:
            fact = facts[appointment.number]
            minutes = timedelta(minutes=appointment.minutes)
            changes: list[tuple[datetime, str, str, datetime]] = [
                (
                    appointment.booked_at,
                    "S12",
                    "booked",
                    appointment.first_start or appointment.start,
                )
            ]
            if appointment.rescheduled_at:
                changes.append((appointment.rescheduled_at, "S13", "booked", appointment.start))
            if appointment.deleted and appointment.cancelled_at:
                # S15 cancels; the vendor's "deleted" reason says that it never was
                changes.append(
                    (appointment.cancelled_at, "S15", "entered-in-error", appointment.start)
                )
            elif appointment.status == "cancelled" and appointment.cancelled_at:
                changes.append((appointment.cancelled_at, "S15", "cancelled", appointment.start))
            elif appointment.status == "noshow":
                changes.append(
                    (
                        appointment.start + minutes + timedelta(minutes=30),
                        "S26",
                        "noshow",
                        appointment.start,
                    )
                )
            elif appointment.status == "fulfilled":
                changes.append(
                    (
                        appointment.start + minutes + timedelta(minutes=12),
                        "S14",
                        "fulfilled",
                        appointment.start,
                    )
                )
            changes.sort(key=lambda change: change[0])
            for place, (moment, event, status, start) in enumerate(changes):
                self._siu(appointment, fact, moment, event, status, start)
                following = changes[place + 1][0] if place + 1 < len(changes) else None
                if following is None or (
                    to_local(following, DENVER).date() != to_local(moment, DENVER).date()
                ):
                    # the daily extract shows the state at the day's end
                    self._row(appointment, fact, moment, status, start)

    def _siu(
        self,
        appointment: Appointment,
        fact: Fact,
        moment: datetime,
        event: str,
        status: str,
        start: datetime,
    ) -> None:
        self._count += 1
        sent = moment + timedelta(minutes=1)
        control = f"SC{self.desk.person.number:06d}{self._count:04d}"
        record, seen = self.desk.at("scheduling", appointment.booked_at)
        begin = hl7_time(start, DENVER, seconds=True)
        end = hl7_time(start + timedelta(minutes=appointment.minutes), DENVER)
        doctor = appointment.practitioner
        reason = ""
        if event == "S15":
            reason = comp("", esc(appointment.cancel_reason or "Entered in error"))
        segments = [
            msh(
                application="SCHED",
                facility="BOOKWELL",
                receiver=("WELLSPRING", "WELLSPRING"),
                sent=hl7_time(sent, DENVER),
                kind=f"SIU^{event}^SIU_S12",
                control_id=control,
            ),
            segment(
                "SCH",
                {
                    1: comp(appointment.number, "SCHED"),
                    2: comp(appointment.number, "SCHED"),
                    6: reason
                    or comp(
                        event,
                        {
                            "S12": "New",
                            "S13": "Rescheduled",
                            "S14": "Modified",
                            "S15": "Cancelled",
                            "S26": "No show",
                        }[event],
                    ),
                    7: comp("", esc(appointment.kind)),
                    8: comp("NORMAL", "", "HL70276"),
                    9: str(appointment.minutes),
                    10: comp("min", "", "UCUM"),
                    11: comp("", "", f"M{appointment.minutes}", begin, end),
                    16: xcn(doctor),
                    20: xcn(doctor),
                    25: comp(_FILLER[status], "", "HL70278"),
                },
            ),
            pid(
                self.desk.person,
                seen,
                phone_style="modern",
                ids=[comp(record.number, "", "", "SCHEDULING", "PI")]
                + (
                    [comp(seen.mrn, "", "", "NORTHSIDE", "MR")]
                    if seen.mrn and appointment.facility == "NORTHSIDE"
                    else []
                ),
            ),
            segment(
                "PV1",
                {
                    1: "1",
                    2: "O",
                    3: comp(esc(doctor.department), "", "", appointment.facility),
                    7: xcn(doctor),
                },
            ),
            segment("RGS", {1: "1", 2: "A"}),
            segment(
                "AIS",
                {
                    1: "1",
                    2: "A",
                    3: comp("", esc(appointment.kind)),
                    4: begin,
                    7: str(appointment.minutes),
                    8: comp("min", "", "UCUM"),
                    10: comp(_FILLER[status], "", "HL70278"),
                },
            ),
            segment(
                "AIL",
                {1: "1", 2: "A", 3: comp(esc(doctor.department), "", "", appointment.facility)},
            ),
            segment("AIP", {1: "1", 2: "A", 3: xcn(doctor), 6: begin}),
        ]
        self.drop.send(
            "scheduling/siu",
            sent,
            message(segments),
            locator=control,
            facts=[(fact, {"status": status, "occurred_at": start})],
            who=[("SCHEDULING", record.number)],
        )

    def _row(
        self,
        appointment: Appointment,
        fact: Fact,
        moment: datetime,
        status: str,
        start: datetime,
    ) -> None:
        sent = moment + timedelta(hours=2)
        record, seen = self.desk.at("scheduling", appointment.booked_at)
        doctor = appointment.practitioner
        cancelled = status in ("cancelled", "entered-in-error") and appointment.cancelled_at
        cells = [
            appointment.number,
            record.number,
            seen.family,
            seen.given,
            iso(seen.birth_date),
            seen.sex,
            phone_text(seen.phone),
            doctor.npi,
            f"{doctor.given} {doctor.family}",
            doctor.department,
            appointment.facility.title(),
            appointment.kind,
            f"{to_local(start, DENVER):%Y-%m-%d %H:%M}",
            str(appointment.minutes),
            _WORD[status],
            f"{to_local(appointment.booked_at, DENVER):%Y-%m-%d %H:%M}",
            f"{to_local(cancelled, DENVER):%Y-%m-%d %H:%M}" if cancelled else "",
            (appointment.cancel_reason or "Entered in error") if cancelled else "",
            f"{to_local(moment, DENVER):%Y-%m-%d %H:%M}",
        ]
        self.drop.send(
            "scheduling/appointments",
            sent,
            row(cells),
            facts=[(fact, {"status": status, "occurred_at": start})],
            locator=appointment.number,
            who=[("SCHEDULING", record.number)],
        )
