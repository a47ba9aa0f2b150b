/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lines.c: the lines, what went over them, and what is wrong with them. */
#include "answer.h"

static void line_object (const AcquireLine *line, gpointer data)
{
    Json *b = data;

    json_begin (b, NULL, '{');
    json_add_text (b, "name", line->name);
    json_add_text (b, "kind", line->kind);
    json_add_text (b, "state", line->state);
    json_add_int (b, "queued", line->queued);
    json_add_int (b, "turns", (gint64) line->statistics.turns);
    json_add_int (b, "bytes_out", (gint64) line->statistics.bytes_out);
    json_add_int (b, "bytes_in", (gint64) line->statistics.bytes_in);
    json_add_int (b, "timeouts", (gint64) line->statistics.timeouts);
    json_add_int (b, "protocol_errors", (gint64) line->statistics.protocol_errors);
    json_add_int (b, "io_errors", (gint64) line->statistics.io_errors);
    json_add_int (b, "load_percent", line->load_percent);
    json_add_text (b, "last_error", line->last_error);
    json_add_int (b, "last_error_ms", line->last_error_ms);
    json_end (b, '}');
}

void lines_list (Request *request)
{
    Json *b = json_new ();

    json_begin (b, NULL, '[');
    acquire_foreach_line (request->api->rooms.acquire, line_object, b);
    json_end (b, ']');
    answer_json (request, 200, b);
}
