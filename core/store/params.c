/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* params.c: an event's parameters as the text of one JSON object, and back. */
#include "params.h"

#include <json-glib/json-glib.h>

char *store_params_to_text (const char *const *params)
{
    g_autoptr (JsonNode) node = json_node_alloc ();
    JsonObject *object = json_object_new ();

    for (guint i = 0; params != NULL && params[i] != NULL && params[i + 1] != NULL; i += 2) {
        g_autofree char *name = g_utf8_make_valid (params[i], -1);
        g_autofree char *value = g_utf8_make_valid (params[i + 1], -1);

        json_object_set_string_member (object, name, value);
    }
    json_node_init_object (node, object);
    json_object_unref (object);
    return json_to_string (node, FALSE);
}

char **store_params_from_text (const char *text)
{
    g_autoptr (JsonNode) node = json_from_string (text, NULL);
    g_autoptr (GStrvBuilder) params = g_strv_builder_new ();
    JsonObjectIter iter;
    const char *name;
    JsonNode *member;

    if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
        json_object_iter_init_ordered (&iter, json_node_get_object (node));
        while (json_object_iter_next_ordered (&iter, &name, &member)) {
            const char *value = JSON_NODE_HOLDS_VALUE (member) ? json_node_get_string (member) : NULL;

            g_strv_builder_add_many (params, name, value != NULL ? value : "", NULL);
        }
    }
    return g_strv_builder_end (params);
}
