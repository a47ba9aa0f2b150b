/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reports.c: reports, their queues, and what a person does about them. */
#include "answer.h"

static void report_object (const ReportState *state, gpointer data)
{
    Json *b = data;

    json_begin (b, NULL, '{');
    json_add_text (b, "name", state->name);
    json_add_text (b, "format", state->format);
    json_add_text (b, "transport", state->transport);
    json_add_text (b, "schedule", state->schedule);
    json_add_bool (b, "enabled", state->enabled);
    json_add_bool (b, "running", state->running);
    json_add_text (b, "fault", state->fault);
    json_add_int (b, "waiting", state->waiting);
    json_add_int (b, "waiting_since_ms", state->waiting_since_ms);
    json_add_int (b, "aside", state->aside);
    json_add_int (b, "attempts", state->attempts);
    json_add_text (b, "error", state->error);
    json_add_int (b, "next_try_ms", state->next_try_ms);
    json_add_int (b, "next_due_ms", state->next_due_ms);
    json_add_int (b, "delivered_ms", state->delivered_ms);
    json_add_text (b, "delivered_name", state->delivered_name);
    json_add_int (b, "delivered", (gint64) state->delivered);
    json_add_int (b, "readings", (gint64) state->readings);
    json_end (b, '}');
}

void reports_list (Request *request)
{
    Json *b = json_new ();

    json_begin (b, NULL, '[');
    report_room_list (request->api->rooms.report, report_object, b);
    json_end (b, ']');
    answer_json (request, 200, b);
}

typedef struct {
    const char *name;
    Json *found;
} Wanted;

static void report_if_wanted (const ReportState *state, gpointer data)
{
    Wanted *wanted = data;

    if (!g_str_equal (state->name, wanted->name))
        return;
    wanted->found = json_new ();
    report_object (state, wanted->found);
}

static void report_unknown (Request *request)
{
    g_autofree char *text = g_strdup_printf ("there is no report \"%s\"", request->path[0]);

    answer_problem_with (request, 404, "unknown", text, "report", request->path[0], NULL);
}

void reports_show (Request *request)
{
    Wanted wanted = { request->path[0], NULL };

    report_room_list (request->api->rooms.report, report_if_wanted, &wanted);
    if (wanted.found != NULL)
        answer_json (request, 200, wanted.found);
    else
        report_unknown (request);
}

static void report_started (Request *request, gboolean known)
{
    Json *b;

    if (!known) {
        report_unknown (request);
        return;
    }
    b = json_new ();
    json_begin (b, NULL, '{');
    json_add_text (b, "name", request->path[0]);
    json_end (b, '}');
    answer_json (request, 202, b);
}

void reports_run (Request *request)
{
    report_started (request, report_room_run_now (request->api->rooms.report, request->path[0], NULL));
}

void reports_retry (Request *request)
{
    report_started (request, report_room_retry_aside (request->api->rooms.report, request->path[0], NULL));
}
