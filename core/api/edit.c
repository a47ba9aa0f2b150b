/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit.c: meters added, changed and exchanged by a person, against the revision that the person saw. */
#include "answer.h"

#include <json-glib/json-glib.h>

/* ---- bodies: an object of texts, nulls, and what else a member may be */

typedef struct {
    JsonParser *parser;
    JsonObject *object;
} Body;

static void body_clear (Body *body)
{
    g_clear_object (&body->parser);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Body, body_clear)

static gboolean body_has_only (Request *request, const Body *body, const char *known)
{
    g_auto (GStrv) names = g_strsplit (known, " ", -1);
    g_autoptr (GList) members = json_object_get_members (body->object);

    for (GList *l = members; l != NULL; l = l->next) {
        if (g_strv_contains ((const char *const *) names, l->data))
            continue;
        g_autofree char *text = g_strdup_printf ("member \"%s\": unknown; expected %s", (char *) l->data, known);
        answer_problem_with (request, 400, "invalid", text, "member", l->data, NULL);
        return FALSE;
    }
    return TRUE;
}

static gboolean body_parse (Request *request, Body *body, const char *known)
{
    body->parser = json_parser_new ();
    if (!json_parser_load_from_data (body->parser, request->body, (gssize) request->body_len, NULL) ||
        json_parser_get_root (body->parser) == NULL || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (body->parser))) {
        g_autofree char *text = g_strdup_printf ("expected a JSON object of %s", known);
        answer_problem (request, 400, "invalid", text);
        return FALSE;
    }
    body->object = json_node_get_object (json_parser_get_root (body->parser));
    return body_has_only (request, body, known);
}

static gboolean body_wrong (Request *request, const char *member, const char *expected)
{
    g_autofree char *text = g_strdup_printf ("%s: expected %s", member, expected);

    answer_problem_with (request, 400, "invalid", text, "member", member, NULL);
    return FALSE;
}

/* NULL when it is not there, "" for null */
static gboolean body_text (Request *request, const Body *body, const char *member, const char **text)
{
    JsonNode *node = json_object_get_member (body->object, member);

    *text = NULL;
    if (node == NULL)
        return TRUE;
    if (JSON_NODE_HOLDS_NULL (node))
        *text = "";
    else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
        *text = json_node_get_string (node);
    return *text != NULL || body_wrong (request, member, "a text, or null");
}

/* -1 when it is not there */
static gboolean body_bool (Request *request, const Body *body, const char *member, gint *yes)
{
    JsonNode *node = json_object_get_member (body->object, member);

    *yes = -1;
    if (node == NULL)
        return TRUE;
    if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return body_wrong (request, member, "true or false");
    *yes = json_node_get_boolean (node);
    return TRUE;
}

/* ["floor=1", ...] as the one text of the meter list (full); NULL when it is not there */
static gboolean body_tags (Request *request, const Body *body, char **tags)
{
    JsonNode *node = json_object_get_member (body->object, "tags");
    JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
    g_autoptr (GString) text = g_string_new (NULL);

    *tags = NULL;
    if (node == NULL)
        return TRUE;
    if (array == NULL && !JSON_NODE_HOLDS_NULL (node))
        return body_wrong (request, "tags", "an array of key=value without blanks");
    for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
        JsonNode *tag = json_array_get_element (array, i);
        if (!JSON_NODE_HOLDS_VALUE (tag) || json_node_get_value_type (tag) != G_TYPE_STRING ||
            strpbrk (json_node_get_string (tag), " \t\r\n") != NULL)
            return body_wrong (request, "tags", "an array of key=value without blanks");
        g_string_append_printf (text, "%s%s", i > 0 ? " " : "", json_node_get_string (tag));
    }
    *tags = g_strdup (text->str);
    return TRUE;
}

/* ---- revisions */

gboolean meters_is_current (Request *request, const ModelMeter *meter)
{
    g_autofree char *own = g_strdup_printf ("\"%" G_GINT64_FORMAT "\"", meter->rev);
    g_autofree char *rev = g_strdup_printf ("%" G_GINT64_FORMAT, meter->rev);

    if (request->if_match == NULL || g_str_equal (request->if_match, "*") || g_str_equal (request->if_match, own))
        return TRUE;
    g_autofree char *text = g_strdup_printf ("meter %u was changed meanwhile: its revision is %s, If-Match says %s",
                                             meter->id, rev, request->if_match);
    answer_problem_with (request, 412, "changed", text, "rev", rev, NULL);
    return FALSE;
}

/* ---- routes */

void meters_add (Request *request)
{
    g_auto (Body) body = { NULL, NULL };
    g_autoptr (GError) error = NULL;
    g_autofree char *tags = NULL;
    ModelPlace place = { NULL };
    guint32 id;

    if (!body_parse (request, &body, "label channel address identity medium cycle keep tags") ||
        !body_text (request, &body, "label", &place.label) || !body_text (request, &body, "channel", &place.channel) ||
        !body_text (request, &body, "address", &place.address) ||
        !body_text (request, &body, "identity", &place.identity) ||
        !body_text (request, &body, "medium", &place.medium) || !body_text (request, &body, "cycle", &place.cycle) ||
        !body_text (request, &body, "keep", &place.keep) || !body_tags (request, &body, &tags))
        return;
    place.tags = tags;
    if (model_add (request->api->rooms.model, &place, &id, &error))
        meters_answer_kept (request, 201, id);
    else
        answer_error (request, error);
}

void meters_edit (Request *request)
{
    const ModelMeter *meter = meters_find (request);
    g_auto (Body) body = { NULL, NULL };
    g_autoptr (GError) error = NULL;
    g_autofree char *tags = NULL;
    ModelPlace changes = { NULL };
    gint active;

    if (meter == NULL || !meters_is_current (request, meter) ||
        !body_parse (request, &body, "label medium cycle keep active tags") ||
        !body_text (request, &body, "label", &changes.label) ||
        !body_text (request, &body, "medium", &changes.medium) ||
        !body_text (request, &body, "cycle", &changes.cycle) || !body_text (request, &body, "keep", &changes.keep) ||
        !body_bool (request, &body, "active", &active) || !body_tags (request, &body, &tags))
        return;
    changes.tags = tags;
    if (model_edit (request->api->rooms.model, meter->id, &changes, active, &error))
        meters_answer_kept (request, 200, meter->id);
    else
        answer_error (request, error);
}

void meters_exchange (Request *request)
{
    const ModelMeter *meter = meters_find (request);
    g_auto (Body) body = { NULL, NULL };
    g_autoptr (GError) error = NULL;
    const char *address, *identity;

    if (meter == NULL || !meters_is_current (request, meter) || !body_parse (request, &body, "address identity") ||
        !body_text (request, &body, "address", &address) || !body_text (request, &body, "identity", &identity))
        return;
    if (address != NULL && *address == '\0')
        address = NULL;
    if (model_exchange (request->api->rooms.model, meter->id, address, identity, NULL, &error))
        meters_answer_kept (request, 200, meter->id);
    else
        answer_error (request, error);
}
