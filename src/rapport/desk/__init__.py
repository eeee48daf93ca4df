"""People decide: triage, translate, merge, verify, undo.

Every decision begins in actions.py, with what all of them share in books.py. What an event is to say: draft.py, typed
in forms.py. The folders are what people talk about: the queue, a report, an event, what was decided (record), standing
orders, what goes out (sending). Many at once: many.py, its pages in selection_pages.py.
"""
