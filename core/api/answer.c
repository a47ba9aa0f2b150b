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

void answer_problem (Request *request, guint status, const char *code, const char *detail)
{
    Json *b = json_new ();

    json_begin (b, NULL, '{');
    json_add_text (b, "type", "about:blank");
    json_add_int (b, "status", status);
    json_add_text (b, "code", code);
    json_add_text (b, "detail", detail);
    json_end (b, '}');
    answer_json (request, status, b);
    request->content_type = "application/problem+json";
}

void answer_error (Request *request, const GError *error)
{
    if (g_error_matches (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN))
        answer_problem (request, 404, "unknown", error->message);
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
    later->body = NULL;
    return later;
}

void answer_now (Request *request)
{
    http_finish (request);
    g_free (request);
}
