/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answer.c: JSON and problem answers. */
#include "answer.h"

void json_add_text (JsonBuilder *b, const char *name, const char *text)
{
    json_builder_set_member_name (b, name);
    if (text == NULL)
        json_builder_add_null_value (b);
    else
        json_builder_add_string_value (b, text);
}

void json_add_int (JsonBuilder *b, const char *name, gint64 number)
{
    json_builder_set_member_name (b, name);
    json_builder_add_int_value (b, number);
}

void json_add_bool (JsonBuilder *b, const char *name, gboolean yes)
{
    json_builder_set_member_name (b, name);
    json_builder_add_boolean_value (b, yes);
}

void answer_json (Request *request, guint status, JsonBuilder *builder)
{
    g_autoptr (JsonNode) root = json_builder_get_root (builder);

    request->status = status;
    request->content_type = "application/json";
    request->text = json_to_string (root, FALSE);
    g_object_unref (builder);
}

void answer_text (Request *request, const char *content_type, char *text)
{
    request->status = 200;
    request->content_type = content_type;
    request->text = text;
}

void answer_problem (Request *request, guint status, const char *code, const char *detail)
{
    JsonBuilder *b = json_builder_new ();

    json_builder_begin_object (b);
    json_add_text (b, "type", "about:blank");
    json_add_int (b, "status", status);
    json_add_text (b, "code", code);
    json_add_text (b, "detail", detail);
    json_builder_end_object (b);
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
