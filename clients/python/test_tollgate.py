"""Asks a real server, which Tests/CommandTests/Clients starts: its addresses are in the environment."""

import os
import socket
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone

import tollgate as client
from tollgate import Tollgate

URL = os.environ["TOLLGATE_URL"]
CREDENTIAL = os.environ["TOLLGATE_TOKEN"]
tollgate = Tollgate(URL, CREDENTIAL, organization_id=os.environ["TOLLGATE_ORGANIZATION"])


def balance(token_type):
    return tollgate.balances(token_type)[0]


class TollgateTests(unittest.TestCase):
    def test_a_deduction_comes_back_with_its_figures_and_a_refund_gives_it_back(self):
        charge = tollgate.deduct("generate_goal", 2, event_id="event", metadata={"ä": '"'})
        self.assertEqual((charge["cost"], charge["balanceBefore"], charge["balanceAfter"]), (6, 20, 14))
        self.assertEqual(tollgate.refund(charge["transactionId"], 2, reason="half")["balanceAfter"], 16)
        self.assertEqual(tollgate.refund(charge["transactionId"])["refundedTotal"], 6)
        with self.assertRaises(client.ConflictError):
            tollgate.refund(charge["transactionId"])

    def test_the_same_key_charges_once_and_another_request_under_it_is_rejected(self):
        first = tollgate.deduct("generate_goal", idempotency_key="python")
        self.assertEqual(tollgate.deduct("generate_goal", idempotency_key="python"), first)
        with self.assertRaises(client.RejectedError) as raised:
            tollgate.deduct("generate_insight", idempotency_key="python")
        self.assertEqual(raised.exception.code, "idempotency_key_reused")
        tollgate.refund(first["transactionId"])

    def test_refusals_are_typed_and_have_their_figures(self):
        with self.assertRaises(client.InsufficientTokensError) as raised:
            tollgate.deduct("generate_goal", 7)
        refused = raised.exception
        self.assertEqual(str(refused), "Insufficient tokens. Need 21, have 20")
        self.assertEqual((refused.status, refused.required_tokens, refused.available_tokens), (402, 21, 20))
        self.assertEqual((refused.deficit, refused.balance), (1, 20))
        with self.assertRaises(client.NotOnPlanError):
            Tollgate(URL, os.environ["TOLLGATE_STARTER_TOKEN"]).deduct("generate_goal")
        with self.assertRaises(client.RejectedError):
            tollgate.deduct("fly")
        with self.assertRaises(client.NotFoundError):
            tollgate.check("no such/thing?")
        with self.assertRaises(client.ForbiddenError):
            Tollgate(URL, "nonsense").actions()
        tollgate.deduct("analyze_efficiency")
        with self.assertRaises(client.LimitReachedError) as raised:
            tollgate.deduct("analyze_efficiency")
        self.assertEqual(raised.exception.limit, "efficiency_a_day")
        self.assertTrue(1 <= raised.exception.retry_after_seconds <= 90_000)

    def test_balances_actions_and_checks_are_read(self):
        self.assertIs(tollgate.check_balance("generate_goal"), True)
        self.assertEqual(tollgate.balances("nothing & nowhere"), [])
        costs = {action["name"]: action.get("cost") for action in tollgate.actions()}
        self.assertEqual(costs["surprise_me"], 50)
        check = tollgate.check("surprise_me", 100)
        self.assertIs(check["allowed"], False)
        self.assertRegex(check["reason"], r"^Insufficient tokens: \d+/5000 available$")

    def test_a_reservation_is_held_extended_captured_for_less_and_released(self):
        before = balance("general")["available"]
        held = tollgate.reserve("generate_insight", 12, lifetime_seconds=60)
        self.assertEqual(held["amount"], 12)
        self.assertGreater(tollgate.extend(held["reservationId"], 3600)["expiresAt"], held["expiresAt"])
        captured = tollgate.capture(held["reservationId"], 7)
        self.assertEqual((captured["captured"], captured["released"], captured["available"]), (7, 5, before - 7))
        other = tollgate.reserve("generate_insight")
        self.assertEqual(tollgate.release(other["reservationId"])["released"], 1)
        with self.assertRaises(client.ConflictError):
            tollgate.capture(other["reservationId"])

    def test_guarded_work_is_charged_when_it_ends_well_and_not_when_it_raises(self):
        start = balance("api_budget")["available"]
        with tollgate.tokens("surprise_me") as held:
            self.assertEqual(held.amount, 50)
        with tollgate.tokens("surprise_me") as held:
            held.tokens = 20
        with tollgate.tokens("surprise_me") as held:
            held.tokens = 0
        with self.assertRaises(KeyboardInterrupt), tollgate.tokens("surprise_me"):
            raise KeyboardInterrupt
        end = balance("api_budget")
        self.assertEqual((end["available"], end["reserved"]), (start - 70, 0))

    def test_a_reservation_lives_as_long_as_the_work(self):
        with tollgate.tokens("surprise_me", lifetime_seconds=3) as held:
            # Until after it would have expired.
            expires = datetime.strptime(held.expires_at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
            while datetime.now(timezone.utc) < expires + timedelta(seconds=0.5):
                self.assertEqual(balance("api_budget")["reserved"], 50)
            tollgate.extend(held.reservation_id, 3)

    def test_work_that_goes_on_for_longer_than_it_may_has_its_tokens_come_back_and_is_told_so(self):
        brief = Tollgate(
            URL, CREDENTIAL, organization_id=os.environ["TOLLGATE_ORGANIZATION"], longest_work_seconds=0.5)
        before = balance("api_budget")["available"]
        with self.assertRaises(client.ConflictError):
            with brief.tokens("surprise_me", lifetime_seconds=3) as held:
                expires = datetime.strptime(held.expires_at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
                while datetime.now(timezone.utc) < expires + timedelta(seconds=0.5):
                    available = balance("api_budget")["available"]
                self.assertEqual(available, before)
        self.assertEqual(balance("api_budget")["available"], before)

    def test_a_batch_job_without_tokens_is_skipped_with_its_sentence(self):
        available = balance("api_budget")["available"]
        skipped = tollgate.with_tokens_or_skip("auto_sourcing_job", self.fail, 10)
        self.assertEqual(skipped.status, "SKIPPED_NO_TOKENS")
        self.assertEqual(skipped.message, f"Insufficient tokens: {available}/2000 available")
        self.assertEqual(tollgate.with_tokens_or_skip("manual_search", lambda held: 7), 7)

    def test_a_lost_answer_is_asked_for_again_under_the_same_key_and_the_charge_is_made_once(self):
        charge = Tollgate(os.environ["TOLLGATE_LOSSY_URL"], CREDENTIAL).deduct("generate_leads")
        self.assertEqual((charge["balanceBefore"], charge["balanceAfter"]), (50, 45))
        self.assertEqual(balance("lead_generation")["balance"], 45)

    def test_who_is_away_is_asked_until_the_deadline_and_no_longer(self):
        away = Tollgate(os.environ["TOLLGATE_AWAY_URL"], os.environ["TOLLGATE_AWAY_TOKEN"], deadline_seconds=3)
        with self.assertRaises(client.UnavailableError) as raised:
            away.deduct("generate_goal")
        self.assertEqual(raised.exception.status, 503)
        self.assertGreaterEqual(raised.exception.retry_after_seconds, 1)
        nobody = Tollgate(os.environ["TOLLGATE_NOBODY_URL"], CREDENTIAL, deadline_seconds=0.5)
        with self.assertRaises(client.NotReachedError):
            nobody.deduct("generate_goal")

    def test_a_lease_is_spent_from_without_asking_is_bounded_and_is_settled(self):
        lease = tollgate.lease("forecast_revenue", 4, spend_seconds=60, settle_seconds=60)
        self.assertRaises(client.LeaseError, lease.spend)
        lease.renew()
        granted = []

        def spend():
            try:
                lease.spend()
                granted.append(1)
            except client.LeaseError:
                pass

        threads = [threading.Thread(target=spend) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(granted), lease.remaining_units), (3, 1))
        self.assertRaises(client.LeaseError, lease.spend, 2)
        self.assertRaises(client.LeaseError, lease.spend, -1)
        lease.settle()
        self.assertRaises(client.LeaseError, lease.spend)
        left = balance("forecast")
        self.assertEqual((left["balance"], left["reserved"], lease.lost_tokens), (18, 0, 0))

    def test_what_tollgate_refuses_for_good_to_settle_is_lost_and_what_comes_after_it_is_settled(self):
        held = []

        class Watched(Tollgate):
            def reserve(self, *words, **more):
                held.append(super().reserve(*words, **more))
                return held[-1]

        lease = Watched(URL, CREDENTIAL).lease("forecast_revenue", 1)
        lease.renew()
        for units in (0.5, True, "1"):
            self.assertRaises(client.LeaseError, lease.spend, units)
        lease.spend()
        # Its key is another request's.
        reservation, amount = held[0]["reservationId"], held[0]["amount"]
        charge = tollgate.deduct("generate_goal", idempotency_key=f"lease-{reservation}")
        lease.renew()
        lease.settle()
        self.assertEqual((lease.lost_tokens, balance("forecast")["reserved"]), (amount, amount))
        tollgate.release(reservation)
        tollgate.refund(charge["transactionId"])

    def test_a_call_whose_answer_comes_byte_by_byte_ends_with_its_deadline(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            ended = threading.Event()

            def drip():
                with server.accept()[0] as connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nX: ")
                    while not ended.wait(0.05):
                        try:
                            connection.sendall(b"x")
                        except OSError:
                            return

            dripping = threading.Thread(target=drip)
            dripping.start()
            began = time.monotonic()
            with self.assertRaises(client.NotReachedError):
                Tollgate(f"http://127.0.0.1:{server.getsockname()[1]}", CREDENTIAL, deadline_seconds=0.5).actions()
            self.assertLess(time.monotonic() - began, 5)
            ended.set()
            dripping.join()

    def test_an_answer_that_is_none_of_tollgates_is_an_error_and_steers_nothing(self):
        cases = [('"soon"', ""), ("-5", ""), ("true", "x"), ("1e400", "9" * 5000), ("{}", "-1"), ("null", "\u0663")]
        for retry_after, field in cases:
            body = '{"code":[],"detail":{},"retryAfterSeconds":%s}' % retry_after
            answer = f"HTTP/1.1 503 No\r\nConnection: close\r\nRetry-After: {field}\r\n\r\n{body}".encode()
            with socket.create_server(("127.0.0.1", 0)) as server:
                count = []

                def serve():
                    while True:
                        with server.accept()[0] as connection:
                            if not connection.recv(65_536):
                                return
                            count.append(1)
                            connection.sendall(answer)

                serving = threading.Thread(target=serve)
                serving.start()
                with self.assertRaises(client.UnavailableError) as raised:
                    Tollgate(f"http://127.0.0.1:{server.getsockname()[1]}", CREDENTIAL, deadline_seconds=0.5).actions()
                self.assertIsNone(raised.exception.retry_after_seconds)
                self.assertTrue(1 < len(count) < 20, count)
                socket.create_connection(server.getsockname()).close()
                serving.join()

    def test_what_cannot_be_sent_is_said_at_once_and_not_what_it_was(self):
        for credential in ("", "secret\n", "secret secret", "secret-ä"):
            with self.assertRaises(client.RejectedError) as raised:
                Tollgate(URL, credential)
            self.assertNotIn("secret", str(raised.exception))
        for key in ("", "secret\n", "secret-ä", "secret" * 50):
            with self.assertRaises(client.RejectedError) as raised:
                tollgate.deduct("generate_goal", idempotency_key=key)
            self.assertNotIn("secret", str(raised.exception))

    def test_plain_http_leads_to_this_machine_only_unless_it_is_allowed_elsewhere(self):
        for url in ("http://tollgate.example", "ftp://127.0.0.1", "https://user@tollgate.example", "tollgate"):
            self.assertRaises(ValueError, Tollgate, url, CREDENTIAL)
        Tollgate("http://tollgate.example", CREDENTIAL, allows_plain_http_elsewhere=True)
        Tollgate("http://[::1]:8080", CREDENTIAL)
        self.assertEqual(Tollgate("http://[::1]", CREDENTIAL)._port, 80)


if __name__ == "__main__":
    unittest.main()
