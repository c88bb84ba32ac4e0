"""A plan's whole life through the HTTP API alone: docs/api.md tells how to start it.

python docs/plan_life.py ADDRESS LINK LINK LINK: the links let the administrator, the approver and the editor in.
"""

import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pyotp

ACCOUNT, CONTRACT = "aurora", "aurora-2025"
PASSWORD = f"only for this run: {uuid4()}"
DAYS, SIGNED = 60, 21
"""How long is waited at most, and on which day the customer signs."""


class Person:
    """Somebody in a browser of their own: a session, and the ETag of each plan as it was last read."""

    def __init__(self, address: str, link: str) -> None:
        """Come in by a one-time link: choose a password, then a second factor."""
        self.http = httpx2.Client(base_url=address, headers={"sec-fetch-site": "same-origin"}, timeout=60)
        offered = self._enter({"link": link.partition("link=")[2], "password": PASSWORD})
        self._enter({"code": pyotp.parse_uri(offered["otpauth"]).now()})

    def _enter(self, body: dict[str, str]) -> dict[str, Any]:
        answer = self.http.post("/v1/session:enrol", json=body)
        answer.raise_for_status()
        # A browser keeps the cookie by itself, also on http://127.0.0.1; this client sends it back by hand.
        self.http.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
        return answer.json()

    def get(self, path: str, **asked: Any) -> Any:
        """Read something."""
        answer = self.http.get(path, params=asked)
        answer.raise_for_status()
        return answer.json()

    def decide(self, plan_id: str, verb: str, step: str = "", **body: Any) -> dict[str, Any]:
        """Decide on the plan as it stands now, once."""
        where = f"/v1/plans/{plan_id}"
        headers = {"if-match": self.http.get(where).headers["etag"], "idempotency-key": str(uuid4())}
        if verb == "edit":
            answer = self.http.patch(where, json=body, headers=headers)
        else:
            answer = self.http.post(f"{where}{f'/steps/{step}' if step else ''}:{verb}", json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()


class Program:
    """A system with a token: it sends events and reads, and decides nothing."""

    def __init__(self, address: str, token: str) -> None:
        self.http = httpx2.Client(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=60)

    def tell(self, what: str, at: datetime, **data: Any) -> None:
        """Send a CloudEvent about the account."""
        event = {
            "specversion": "1.0", "id": str(uuid4()), "source": "crm", "type": what,
            "subject": ACCOUNT, "time": at.isoformat(), "data": data,
        }  # fmt: skip
        headers = {"content-type": "application/cloudevents+json"}
        self.http.post("/v1/events", json=event, headers=headers).raise_for_status()


def now_of(person: Person) -> datetime:
    """Return the tenant's instant."""
    return datetime.fromisoformat(person.get("/v1/time")["now"])


def pass_time(admin: Person, span: timedelta) -> None:
    """Let the tenant's made-up time pass."""
    until = now_of(admin) + span
    admin.http.post("/v1/time", json={"until": until.isoformat()}).raise_for_status()


def answer_what_waits(approver: Person, editor: Person, plan_id: str, outcomes: dict[str, list[str]]) -> list[str]:
    """Do what the plan waits for, each by whoever may; say what was done."""
    done = []
    for one in (review["waits"] for review in approver.get("/v1/reviews")["reviews"]):
        if one["plan_id"] != plan_id:
            continue
        if one["kind"] == "step":
            shown = approver.get(f"/v1/plans/{plan_id}/steps/{one['step_id']}")
            approver.decide(plan_id, "approve", one["step_id"], digest=shown["rendered"])
            done.append(f"approved the text of {one['action_type']}")
        elif one["kind"] == "task":
            outcome = outcomes[one["action_type"]][0]
            editor.decide(plan_id, "outcome", one["step_id"], outcome=outcome)
            done.append(f"did {one['action_type']}: {outcome}")
    return done


def main(address: str, links: list[str]) -> int:
    """Drive the plan from the first event to its end, and tell how it went."""
    admin, approver, editor = (Person(address, link) for link in links)
    token = admin.http.post("/v1/tokens", json={"name": "crm", "scopes": ["events", "read"], "days": 1}).json()[
        "secret"
    ]
    crm = Program(address, token)
    print("three people are in, and the CRM has a token")

    crm.tell("posture.changed", now_of(admin), posture="AT_RISK")
    pass_time(admin, timedelta(minutes=1))
    (plan,) = approver.get("/v1/plans", account=ACCOUNT, state="DRAFT")["plans"]
    plan_id = plan["plan_id"]
    print(f"the posture of {ACCOUNT} changed, and plan {plan_id[:8]} was drafted: {plan['steps']} steps")

    approver.decide(plan_id, "send-back", reason="leave out what the customer need not hear")
    shown = approver.get(f"/v1/plans/{plan_id}")
    optional = [step["step_id"] for step in shown["plan"]["steps"] if not step["required"]][-1:]
    removed = [{"step_id": step_id, "reason": "the customer need not hear it"} for step_id in optional]
    editor.decide(plan_id, "edit", removed=removed, answers=["the last optional step is gone"])
    for one in approver.get(f"/v1/plans/{plan_id}/diff")["differences"]:
        print(f"the edit {one['change']} {one['action_type']}: {one['reason']}")

    seen = approver.get(f"/v1/plans/{plan_id}")
    status = approver.decide(plan_id, "approve", digest=seen["approve_with"])["plan"]["status"]
    print(f"approved exactly as read: {status}")

    outcomes = {one["spec"]["action_type"]: one["spec"]["outcomes_ok"] for one in editor.get("/v1/action-types")}
    for day in range(1, DAYS + 1):
        pass_time(admin, timedelta(days=1))
        for told in answer_what_waits(approver, editor, plan_id, outcomes):
            print(f"  day {day:2}: {told}")
        shown, now = approver.get(f"/v1/plans/{plan_id}"), now_of(admin)
        for step in shown["plan"]["steps"]:
            if step["status"] == "AWAITING_OUTCOME" and step["approval"] != "TASK":
                outcome = outcomes[step["action_type"]][0]
                crm.tell("outcome.recorded", now, plan_id=plan_id, step_id=step["step_id"], outcome=outcome)
                print(f"  day {day:2}: the CRM heard of {step['action_type']}: {outcome}")
        if day == SIGNED:
            signed = {"kind": "renewal.status", "subject_id": CONTRACT, "value": "CLOSED_WON", "number": 120_000_00}
            crm.tell("fact.recorded", now, **signed)
            print(f"  day {day:2}: the CRM says that the customer signed")
        if shown["closed_at"]:
            break
    print(f"the plan is {shown['plan']['status']}: {shown['why']}")

    lines = crm.http.get(f"/v1/plans/{plan_id}/ledger", headers={"accept": "application/jsonl"}).text.splitlines()
    verified = crm.http.get("/v1/ledger:verify").json()
    found = verified["findings"] or "no row differs from them"
    print(f"{len(lines)} entries tell its story; {verified['entries']} stand in the ledger, {found}")
    return 0 if shown["plan"]["status"] == "COMPLETED" and not verified["findings"] else 1


if __name__ == "__main__":
    if len(sys.argv) != 5:  # noqa: PLR2004 - an address and three links
        sys.exit("give the address and the links of the administrator, the approver and the editor (docs/api.md)")
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except httpx2.HTTPStatusError as refused:
        sys.exit(f"{refused.request.method} {refused.request.url} was refused: {refused.response.text}")
    except httpx2.TransportError as error:
        sys.exit(f"{sys.argv[1]} does not answer ({error}); start it with: oncourse serve")
