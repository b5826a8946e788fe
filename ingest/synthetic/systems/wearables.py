"""A tracker maker's cloud: Open mHealth data points and a daily-activity CSV, UTC, keyed by
device user.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ingest.synthetic.drop import Fact
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Record, Registration
from ingest.synthetic.systems.desk import Context, iso
from ingest.synthetic.wire.csv import row
from ingest.synthetic.wire.times import at, zulu

HEADER = (
    "device_user_id,first_name,last_name,dob,email,phone,device_model,activity_date,steps,distance_km,"
    "active_minutes,calories_kcal,resting_hr_bpm,sleep_minutes,updated_at"
)
_MODELS = ("Stride 4", "Stride Mini", "Pulse One", "Orbit HR")
_SPACE = uuid.UUID("0c55a3a1-6a5e-4f0d-8f4e-1f1f7f6d2c22")


class Wearables:
    """Writes one person's days."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("wearables")

    def write(self) -> None:
        """Days with the device on."""
        w, life, chance, calendar = (
            parameters().wearables,
            self.desk.life,
            self.chance,
            self.drop.calendar,
        )
        person = life.person
        age = person.age_on(calendar.until)
        kind = "child" if age < 18 else "senior" if age >= 65 else "adult"
        if age < w.youngest or chance.random() >= w.owner[kind]:
            return
        record, seen = self.desk.at("wearables", at(calendar.start, 12))
        omh = chance.random() < w.omh_heart_rate
        scale = chance.random() < w.omh_weight_scale
        cuff = chance.random() < w.omh_cuff
        model = chance.choice(_MODELS)
        base = max(
            chance.gauss(*w.steps) + w.steps_per_condition * len(life.conditions), w.steps_least
        )
        resting = chance.gauss(*w.resting_rate) + (w.resting_rate_inactive if base < 4000 else 0)
        day = calendar.start
        if chance.random() < w.start_in_window:
            day += timedelta(days=chance.randrange((calendar.until - calendar.start).days))
        end = min(calendar.until, person.deceased or calendar.until)
        pounds = chance.random() < 0.5
        weight = chance.gauss(*w.weight_kg)
        stays = [(one.start.date(), one.end.date()) for one in life.encounters if one.kind == "IMP"]
        while day <= end:
            if chance.random() < w.wear and not any(a <= day <= b for a, b in stays):
                mean = 1.0 if day.weekday() < 5 else w.weekend_factor
                factor = max(chance.gauss(mean, w.steps_by_day), 0.1)
                self._day(record, seen, model, day, round(base * factor), resting, omh=omh)
                if scale and day.weekday() == 6:
                    weight += chance.gauss(0, w.weight_by_week)
                    value = weight / 0.45359237 if pounds else weight
                    self._point(
                        record,
                        model,
                        "body-weight",
                        "2.0",
                        {
                            "body_weight": {
                                "value": round(value, 1),
                                "unit": "lb" if pounds else "kg",
                            },
                            "effective_time_frame": {"date_time": zulu(at(day, 7.2))},
                        },
                        at(day, 7.2),
                        [
                            self._reading(
                                "29463-7",
                                round(value, 1),
                                "[lb_av]" if pounds else "kg",
                                at(day, 7.2),
                            )
                        ],
                    )
                if cuff and day.weekday() in (2, 6):
                    self._pressure(record, model, chance, at(day, 8.1))
            day += timedelta(days=1)

    def _day(
        self,
        record: Record,
        seen: Registration,
        model: str,
        day: Any,
        steps: int,
        resting: float,
        *,
        omh: bool,
    ) -> None:
        chance = self.chance
        w = parameters().wearables
        late = chance.random() < w.late_sync
        synced = at(day, 23.2) + timedelta(
            minutes=chance.randrange(35), days=chance.randrange(*w.late_sync_days) if late else 0
        )
        minutes = max(round(steps / w.steps_per_active_minute + chance.gauss(0, 8)), 0)
        sleep = max(round(chance.gauss(*w.sleep_minutes)), 60)
        pulse = round(max(resting + chance.gauss(0, w.resting_rate_by_day), 41))
        cells = [
            record.number,
            seen.given,
            seen.family,
            iso(seen.birth_date),
            seen.email,
            f"+1{seen.phone}" if seen.phone else "",
            model,
            iso(day),
            str(steps),
            f"{steps * w.km_per_step:.2f}",
            str(minutes),
            str(round(w.kcal[0] + steps * w.kcal[1])),
            str(pulse),
            str(sleep),
            zulu(synced),
        ]
        self.drop.send(
            "wearables/daily_activity",
            synced,
            row(cells),
            locator=f"{record.number}/{iso(day)}",
            who=[("WEARABLE", record.number)],
            facts=[
                (
                    self.drop.told(
                        "activity",
                        code,
                        iso(day),
                        value=shown,
                        unit=unit,
                        code=code,
                        occurred_at=at(day, 0),
                    ),
                    {},
                )
                for code, shown, unit in (
                    ("55423-8", cells[8], "{steps}"),
                    ("55430-3", cells[9], "km"),
                    ("55411-3", cells[10], "min"),
                    ("41981-2", cells[11], "kcal"),
                    ("40443-4", cells[12], "/min"),
                    ("93832-4", cells[13], "min"),
                )
            ],
        )
        if not omh:
            return
        self._point(
            record,
            model,
            "step-count",
            "3.0",
            {
                "step_count": {"value": steps, "unit": "steps"},
                "effective_time_frame": {
                    "time_interval": {
                        "start_date_time": zulu(at(day, 0)),
                        "end_date_time": zulu(at(day + timedelta(days=1), 0)),
                    }
                },
            },
            synced,
            [self.drop.told("activity", "55423-8", iso(day))],
        )
        if day.weekday() in (0, 3):
            self._point(
                record,
                model,
                "heart-rate",
                "2.0",
                {
                    "heart_rate": {"value": pulse, "unit": "beats/min"},
                    "effective_time_frame": {"date_time": zulu(at(day, 6.5))},
                    "temporal_relationship_to_physical_activity": "at rest",
                },
                synced,
                [self._reading("8867-4", pulse, "/min", at(day, 6.5))],
            )
            self._point(
                record,
                model,
                "sleep-duration",
                "2.0",
                {
                    "sleep_duration": {"value": sleep, "unit": "min"},
                    "effective_time_frame": {
                        "time_interval": {
                            "end_date_time": zulu(at(day, 6.6)),
                            "duration": {"value": sleep, "unit": "min"},
                        }
                    },
                },
                synced,
                [self._reading("93832-4", sleep, "min", at(day, 6.6) - timedelta(minutes=sleep))],
            )

    def _pressure(self, record: Record, model: str, chance: Random, moment: datetime) -> None:
        high = self.desk.life.conditions and any(
            one.group == "hypertension" for one in self.desk.life.conditions
        )
        w = parameters().wearables.pressure
        systolic = round(chance.gauss(w.high if high else w.other, w.sd))
        diastolic = round(systolic * w.diastolic_share)
        self._point(
            record,
            model,
            "blood-pressure",
            "3.0",
            {
                "systolic_blood_pressure": {"value": systolic, "unit": "mmHg"},
                "diastolic_blood_pressure": {
                    "value": diastolic,
                    "unit": "mmHg",
                },
                "effective_time_frame": {"date_time": zulu(moment)},
            },
            moment,
            [
                self._reading("8480-6", systolic, "mm[Hg]", moment),
                self._reading("8462-4", diastolic, "mm[Hg]", moment),
            ],
        )

    def _reading(self, code: str, value: float, unit: str, moment: datetime) -> Fact:
        return self.drop.told(
            "reading",
            code,
            moment.isoformat(timespec="seconds"),
            value=f"{value:g}",
            unit=unit,
            code=code,
            occurred_at=moment,
        )

    def _point(
        self,
        record: Record,
        model: str,
        schema: str,
        version: str,
        body: dict[str, Any],
        moment: datetime,
        told: list[Fact],
    ) -> None:
        key = uuid.uuid5(_SPACE, f"{record.number}/{schema}/{body['effective_time_frame']}")
        point = {
            "header": {
                "id": str(key),
                "creation_date_time": zulu(moment + timedelta(minutes=1)),
                "schema_id": {"namespace": "omh", "name": schema, "version": version},
                "acquisition_provenance": {
                    "source_name": model,
                    "source_creation_date_time": zulu(moment),
                    "modality": "sensed",
                },
                "user_id": record.number,
            },
            "body": body,
        }
        self.drop.send(
            "wearables/omh",
            moment + timedelta(minutes=1),
            json.dumps(point, separators=(",", ":")) + "\n",
            locator=str(key),
            facts=[(fact, {}) for fact in told],
            who=[("WEARABLE", record.number)],
        )
