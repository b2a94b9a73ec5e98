"""The statements of the history. Every write names the owner: a row of somebody else's is met by no statement."""

from __future__ import annotations

LIST = """
SELECT t.thread_id, t.user_id, t.name, t.created_at FROM chat.threads t
LEFT JOIN chat.threads c ON c.thread_id = %(cursor)s AND c.user_id = t.user_id
WHERE t.user_id = %(user)s
  AND (%(cursor)s::uuid IS NULL OR (t.updated_at, t.thread_id) < (c.updated_at, c.thread_id))
  AND (%(search)s::text IS NULL OR t.name ILIKE %(search)s OR EXISTS (
      SELECT 1 FROM chat.steps s WHERE s.thread_id = t.thread_id AND s.body->>'output' ILIKE %(search)s))
ORDER BY t.updated_at DESC, t.thread_id DESC LIMIT %(limit)s
"""
# By time first: a greeting is written when the first message comes, and was said before it.
STEPS = """
SELECT * FROM (
    SELECT step_id, thread_id, parent_id, body, created_at, seq FROM chat.steps WHERE thread_id = %(id)s
    ORDER BY created_at DESC, seq DESC LIMIT %(limit)s
) AS newest ORDER BY created_at, seq
"""
BEGIN = """
INSERT INTO chat.threads (thread_id, user_id, name, created_at, updated_at)
VALUES (%(id)s, %(user)s, %(name)s, %(now)s, %(now)s)
ON CONFLICT (thread_id) DO UPDATE SET name = coalesce(threads.name, excluded.name)
WHERE threads.user_id = excluded.user_id AND threads.name IS NULL AND excluded.name IS NOT NULL
"""
KEEP_STEP = """
INSERT INTO chat.steps (step_id, thread_id, parent_id, body, created_at)
SELECT %(id)s, t.thread_id, %(parent)s, %(body)s, %(at)s FROM chat.threads t
WHERE t.thread_id = %(thread)s AND t.user_id = %(owner)s AND %(id)s::uuid IS NOT NULL
ON CONFLICT (step_id) DO UPDATE SET body = excluded.body, parent_id = excluded.parent_id
WHERE steps.thread_id = excluded.thread_id
"""
TOUCH = """
UPDATE chat.threads SET updated_at = greatest(updated_at, %(now)s) WHERE thread_id = %(thread)s AND user_id = %(owner)s
"""
KEEP_ELEMENT = """
INSERT INTO chat.elements (element_id, thread_id, step_id, body)
SELECT %(id)s, t.thread_id, %(step)s, %(body)s FROM chat.threads t
WHERE t.thread_id = %(thread)s AND t.user_id = %(owner)s AND %(id)s::uuid IS NOT NULL
ON CONFLICT (element_id) DO UPDATE SET body = excluded.body WHERE elements.thread_id = excluded.thread_id
"""
DELETE_STEP = """
DELETE FROM chat.steps s USING chat.threads t
WHERE s.step_id = %(id)s AND t.thread_id = s.thread_id AND t.user_id = %(user)s
"""
DELETE_ELEMENT = """
DELETE FROM chat.elements e USING chat.threads t
WHERE e.element_id = %(id)s AND t.thread_id = e.thread_id AND t.user_id = %(user)s
"""
