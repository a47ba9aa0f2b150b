/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answer.c: JSON and problem answers. */
#include "answer.h"

Json *json_new (void)
{
    Json *b = g_new0 (Json, 1);

    b->text = g_string_new (NULL);
    return b;
}

/* UTF-8 as it is; what JSON wants escaped, escaped */
static void json_string (Json *b, const char *text)
{
    g_string_append_c (b->text, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if ((guchar) *p < 0x20)
            g_string_append_printf (b->text, "\\u%04x", (guchar) *p);
        else {
            if (*p == '"' || *p == '\\')
                g_string_append_c (b->text, '\\');
            g_string_append_c (b->text, *p);
        }
    }
    g_string_append_c (b->text, '"');
}

static void json_name (Json *b, const char *name)
{
    if (b->comma)
        g_string_append_c (b->text, ',');
    b->comma = TRUE;
    if (name == NULL)
        return;
    json_string (b, name);
    g_string_append_c (b->text, ':');
}

void json_begin (Json *b, const char *name, char bracket)
{
    json_name (b, name);
    g_string_append_c (b->text, bracket);
    b->comma = FALSE;
}

void json_end (Json *b, char bracket)
{
    g_string_append_c (b->text, bracket);
    b->comma = TRUE;
}

void json_add_text (Json *b, const char *name, const char *text)
{
    json_name (b, name);
    if (text == NULL)
        g_string_append (b->text, "null");
    else
        json_string (b, text);
}

void json_add_int (Json *b, const char *name, gint64 number)
{
    json_name (b, name);
    g_string_append_printf (b->text, "%" G_GINT64_FORMAT, number);
}

void json_add_seq (Json *b, const char *name, gint64 seq)
{
    json_name (b, name);
    g_string_append_printf (b->text, "\"%" G_GINT64_FORMAT "\"", seq);
}

void json_add_bool (Json *b, const char *name, gboolean yes)
{
    json_name (b, name);
    g_string_append (b->text, yes ? "true" : "false");
}

void answer_json (Request *request, guint status, Json *json)
{
    request->status = status;
    request->content_type = "application/json";
    request->text = g_string_free (json->text, FALSE);
    g_free (json);
}

void answer_text (Request *request, const char *content_type, char *text)
{
    request->status = 200;
    request->content_type = content_type;
    request->text = text;
}

static void answer_problem_valist (Request *request, guint status, const char *code, const char *detail, va_list params)
{
    Json *b = json_new ();
    const char *name;

    json_begin (b, NULL, '{');
    json_add_text (b, "type", "about:blank");
    json_add_int (b, "status", status);
    json_add_text (b, "code", code);
    json_add_text (b, "detail", detail);
    json_begin (b, "params", '{');
    while ((name = va_arg (params, const char *)) != NULL)
        json_add_text (b, name, va_arg (params, const char *));
    json_end (b, '}');
    json_end (b, '}');
    answer_json (request, status, b);
    request->content_type = "application/problem+json";
}

void answer_problem_with (Request *request, guint status, const char *code, const char *detail, ...)
{
    va_list params;

    va_start (params, detail);
    answer_problem_valist (request, status, code, detail, params);
    va_end (params);
}

void answer_problem (Request *request, guint status, const char *code, const char *detail)
{
    answer_problem_with (request, status, code, detail, NULL);
}

void answer_error (Request *request, const GError *error)
{
    if (g_error_matches (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN))
        answer_problem (request, 404, "unknown", error->message);
    else if (g_error_matches (error, MODEL_ERROR, MODEL_ERROR_TAKEN))
        answer_problem (request, 409, "taken", error->message);
    else if (error->domain == MODEL_ERROR || g_error_matches (error, MG_ERROR, MG_ERROR_CONFIG))
        answer_problem (request, 400, "invalid", error->message);
    else if (g_error_matches (error, MG_ERROR, MG_ERROR_TIMEOUT))
        answer_problem (request, 504, "timeout", error->message);
    else
        answer_problem (request, 502, "failed", error->message);
}

Request *answer_later (Request *request)
{
    Request *later = g_memdup2 (request, sizeof *request);

    request->message = NULL; /* http.c: the answer comes later */
    for (guint i = 0; i < G_N_ELEMENTS (later->path); i++)
        later->path[i] = NULL;
    later->query = NULL;
    later->if_match = NULL;
    later->body = NULL;
    return later;
}

void answer_now (Request *request)
{
    http_finish (request);
    g_free (request);
}

/* ---- in a reader thread */

gboolean reader_drain (gpointer data)
{
    Api *api = data;
    ReadJob *job;

    while ((job = g_async_queue_try_pop (api->finished)) != NULL) {
        job->done (job);
        g_free (job);
    }
    return G_SOURCE_REMOVE;
}

void reader_run (gpointer data, gpointer user_data)
{
    ReadJob *job = data;
    Api *api = job->api;

    job->work (job);
    g_clear_pointer (&job->catalogue, model_catalogue_free);
    g_async_queue_push (api->finished, job);
    g_idle_add_full (G_PRIORITY_DEFAULT, reader_drain, api, NULL);
}

void reader_start (Api *api, ReadJob *job)
{
    job->api = api;
    job->store = api->rooms.store;
    job->journal = api->rooms.journal;
    job->upto = store_committed_seq (api->rooms.store);
    job->catalogue = model_catalogue (api->rooms.model);
    g_thread_pool_push (api->readers, job, NULL);
}

static void answer_done (ReadJob *job)
{
    answer_now (job->request);
}

void answer_by_reader (Request *request, ReadWork work, const ReadJob *numbers)
{
    ReadJob *job = g_memdup2 (numbers, sizeof *numbers);

    job->work = work;
    job->done = answer_done;
    job->request = answer_later (request);
    reader_start (request->api, job);
}
