/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* channels.c: channels and their scans. */
#include "answer.h"

#include <json-glib/json-glib.h>

#define SCAN_OPTIONS_MAX 32

static void channel_object (const AcquireChannel *channel, gpointer data)
{
    Json *b = data;

    json_begin (b, NULL, '{');
    json_add_text (b, "name", channel->name);
    json_add_text (b, "driver", channel->driver);
    json_add_text (b, "line", channel->line);
    json_add_text (b, "cycle", channel->cycle);
    json_add_text (b, "state", channel->state);
    json_add_int (b, "meters", channel->meters);
    json_add_bool (b, "scans", channel->scans);
    json_end (b, '}');
}

void channels_list (Request *request)
{
    Json *b = json_new ();

    json_begin (b, NULL, '[');
    acquire_foreach_channel (request->api->rooms.acquire, channel_object, b);
    json_end (b, ']');
    answer_json (request, 200, b);
}

static void answer_scan (Request *request, guint status)
{
    AcquireScan scan;
    g_autoptr (GError) error = NULL;
    Json *b;

    if (!acquire_scan_show (request->api->rooms.acquire, request->path[0], &scan, &error)) {
        answer_error (request, error);
        return;
    }
    b = json_new ();
    json_begin (b, NULL, '{');
    json_add_text (b, "channel", request->path[0]);
    json_add_text (b, "state", scan.state);
    json_add_int (b, "decided_permille", scan.permille);
    json_add_text (b, "asking", scan.what);
    json_add_int (b, "found", scan.found);
    json_add_int (b, "known", scan.found - scan.added);
    json_add_int (b, "no_answers", scan.no_answers);
    json_add_int (b, "collisions", scan.collisions);
    json_add_int (b, "checksums", scan.checksums);
    json_add_int (b, "unresolved", scan.unresolved);
    json_add_int (b, "started_ms", scan.started_ms);
    json_add_int (b, "ended_ms", scan.ended_ms);
    json_begin (b, "left", '{');
    json_add_bool (b, "is_known", scan.seconds_left >= 0);
    json_add_int (b, "seconds", MAX (scan.seconds_left, 0));
    json_end (b, '}');
    json_add_text (b, "error", scan.error);
    json_end (b, '}');
    acquire_scan_clear (&scan);
    answer_json (request, status, b);
}

void scan_show (Request *request)
{
    answer_scan (request, 200);
}

/* {"mode": "primary", "to": "20"}; how many, or -1 after an answer that says what is wrong */
static gint scan_options (Request *request, JsonParser *parser, MghConfigText texts[SCAN_OPTIONS_MAX])
{
    gint n = 0;

    if (request->body_len == 0)
        return 0;
    if (!json_parser_load_from_data (parser, request->body, (gssize) request->body_len, NULL) ||
        json_parser_get_root (parser) == NULL || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser))) {
        answer_problem (request, 400, "invalid", "expected a JSON object of scan options, all of them texts");
        return -1;
    }
    JsonObject *object = json_node_get_object (json_parser_get_root (parser));
    g_autoptr (GList) members = json_object_get_members (object);
    for (GList *l = members; l != NULL; l = l->next) {
        JsonNode *node = json_object_get_member (object, l->data);
        if (n == SCAN_OPTIONS_MAX || json_node_get_value_type (node) != G_TYPE_STRING) {
            answer_problem (request, 400, "invalid", "expected scan options as texts");
            return -1;
        }
        texts[n++] = (MghConfigText){ l->data, json_node_get_string (node) };
    }
    return n;
}

void scan_start (Request *request)
{
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) error = NULL;
    MghConfigText texts[SCAN_OPTIONS_MAX];
    gint n = scan_options (request, parser, texts);

    if (n < 0)
        return;
    if (acquire_scan (request->api->rooms.acquire, request->path[0], texts, (guint) n, &error))
        answer_scan (request, 202);
    else if (g_error_matches (error, MG_ERROR, MG_ERROR_REFUSED))
        answer_problem (request, 409, "busy", error->message);
    else
        answer_error (request, error);
}

void scan_cancel (Request *request)
{
    g_autoptr (GError) error = NULL;

    if (acquire_scan_cancel (request->api->rooms.acquire, request->path[0], &error))
        request->status = 204;
    else
        answer_error (request, error);
}
