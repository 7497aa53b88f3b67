-- Invariant 10: of a finished reservation as much is captured and let go as it held, unless more was captured.
SELECT format('reservation %s of organization %s: held %s, %s, captured %s, let go %s', reservation.reservation_id,
  reservation.organization_id, reservation.amount, reservation.status, reservation.captured,
  coalesce(sum(let_go.required), 0))
FROM tollgate.reservations AS reservation
  LEFT JOIN tollgate.ledger_entries AS let_go
    ON let_go.organization_id = reservation.organization_id
    AND let_go.subject_id = reservation.reservation_id
    AND let_go.kind = 'release'
GROUP BY reservation.organization_id, reservation.reservation_id, reservation.amount, reservation.status,
  reservation.captured
HAVING coalesce(sum(let_go.required), 0) <>
  CASE reservation.status WHEN 'open' THEN 0 ELSE reservation.amount - least(reservation.amount, reservation.captured) END
UNION ALL
SELECT format('reservation %s of organization %s: captured %s, the ledger says %s', reservation.reservation_id,
  reservation.organization_id, reservation.captured, coalesce(sum(charge.tokens_deducted), 0))
FROM tollgate.reservations AS reservation
  LEFT JOIN public.ai_token_usage_log AS charge
    ON charge.organization_id = reservation.organization_id
    AND charge.reservation_id = reservation.reservation_id
GROUP BY reservation.organization_id, reservation.reservation_id, reservation.captured
HAVING reservation.captured <> coalesce(sum(charge.tokens_deducted), 0)
