"""Results in the formats of other systems, one module a format.

`canvas` and `moodle` edit the file that was downloaded there; `gradescope`, `classroom50` and
`prairielearn` are for one submission; `junit`, `table` (CSV) and `document` (JSON) are of a class.
All are pure: bytes or results in, bytes or documents out. `files` does the writing.
"""
