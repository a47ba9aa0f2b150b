/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* events.c: what happened, in the order of its numbers. */
#include "answer.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

static const char *severity_text (guint32 severity)
{
    return severity == MG_SEVERITY_ALARM ? "alarm" : severity == MG_SEVERITY_WARNING ? "warning" : "info";
}

void events_add_row (Json *b, Journal *journal, const StoreRow *row)
{
    const JournalEvent *event = row->event;
    g_autofree char *text = journal_text (journal, event->code, event->params);

    json_begin (b, NULL, '{');
    json_add_seq (b, "seq", row->seq);
    json_add_int (b, "at_ms", event->at_ms);
    json_add_text (b, "severity", severity_text (event->severity));
    json_add_text (b, "code", event->code);
    json_add_text (b, "subject", event->subject);
    json_add_text (b, "actor", event->actor);
    json_begin (b, "params", '{');
    for (const char *const *p = event->params; p[0] != NULL && p[1] != NULL; p += 2)
        json_add_text (b, p[0], p[1]);
    json_end (b, '}');
    json_add_text (b, "text", text);
    json_end (b, '}');
}

typedef struct {
    ReadJob *job;
    Json *json;
    gint64 last, rows;
} Page;

static gboolean page_row (const StoreRow *row, gpointer data)
{
    Page *page = data;

    events_add_row (page->json, page->job->journal, row);
    page->last = row->seq;
    return ++page->rows < page->job->limit;
}

static void events_work (ReadJob *job)
{
    g_autoptr (GError) error = NULL;
    Page page = { .job = job, .json = json_new (), .last = job->after };

    json_begin (page.json, NULL, '{');
    json_begin (page.json, "events", '[');
    gboolean good = store_events (job->store, job->after, job->upto, page_row, &page, &error);
    gboolean full = page.rows >= job->limit;
    json_end (page.json, ']');
    json_add_seq (page.json, "next_after", full ? page.last : MAX (job->upto, job->after));
    json_add_bool (page.json, "more", full && page.last < job->upto);
    json_end (page.json, '}');
    answer_json (job->request, 200, page.json);
    if (!good) {
        g_clear_pointer (&job->request->text, g_free);
        answer_problem (job->request, 500, "store", error->message);
    }
}

void events_list (Request *request)
{
    ReadJob numbers = { 0 };

    if (query_number (request, "after", 0, G_MAXINT64, 0, &numbers.after) &&
        query_number (request, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &numbers.limit))
        answer_by_reader (request, events_work, &numbers);
}
