/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit.c: metergate meters add, edit, exchange. */
#include "client.h"

#include <stdio.h>

static JsonNode *tags_node (const char *text)
{
    g_auto (GStrv) words = g_strsplit (text, " ", -1);
    JsonArray *array = json_array_new ();

    for (guint i = 0; words[i] != NULL; i++)
        if (*words[i] != '\0')
            json_array_add_string_element (array, words[i]);
    return json_node_init_array (json_node_alloc (), array);
}

/* "label=Main hall", "active=no", "tags=floor=1 side=left"; an empty value takes back what was set */
static gboolean set_member (JsonObject *object, const char *argument, const char *known)
{
    g_auto (GStrv) part = g_strsplit (argument, "=", 2);
    g_auto (GStrv) names = g_strsplit (known, " ", -1);

    if (g_strv_length (part) != 2 || !g_strv_contains ((const char *const *) names, part[0])) {
        fprintf (stderr, "metergate: \"%s\": expected WHAT=VALUE, and for WHAT one of %s\n", argument, known);
        return FALSE;
    }
    if (g_str_equal (part[0], "tags"))
        json_object_set_member (object, part[0], tags_node (part[1]));
    else if (!g_str_equal (part[0], "active"))
        json_object_set_string_member (object, part[0], part[1]);
    else if (g_str_equal (part[1], "yes") || g_str_equal (part[1], "no"))
        json_object_set_boolean_member (object, part[0], g_str_equal (part[1], "yes"));
    else {
        fprintf (stderr, "metergate: active \"%s\": expected yes or no\n", part[1]);
        return FALSE;
    }
    return TRUE;
}

static gboolean set_members (JsonObject *object, int argc, char **argv, const char *known)
{
    for (int i = 0; i < argc; i++)
        if (!set_member (object, argv[i], known))
            return FALSE;
    return TRUE;
}

static int send_object (const Cli *cli, const char *method, const char *path, JsonObject *object)
{
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
    g_autofree char *body = json_to_string (node, FALSE);
    int code;
    g_autofree char *answer = cli_request (cli, method, path, "application/json", body, &code);
    g_autoptr (JsonNode) meter = answer != NULL && !cli->json ? json_from_string (answer, NULL) : NULL;

    if (answer != NULL && cli->json)
        puts (answer);
    if (meter != NULL) {
        JsonObject *m = json_node_get_object (meter);
        printf ("meter %" G_GINT64_FORMAT ": %s, channel %s, address %s\n", json_object_get_int_member (m, "id"),
                json_object_get_string_member (m, "label"), json_object_get_string_member (m, "channel"),
                json_object_get_string_member (m, "address"));
    }
    return code;
}

int command_meters_add (const Cli *cli, const char *channel, const char *address, int argc, char **argv)
{
    g_autoptr (JsonObject) object = json_object_new ();

    json_object_set_string_member (object, "channel", channel);
    json_object_set_string_member (object, "address", address);
    if (!set_members (object, argc, argv, "label identity medium cycle keep tags"))
        return CLI_USAGE;
    return send_object (cli, "POST", "/api/v1/meters", object);
}

int command_meters_change (const Cli *cli, gboolean exchange, const char *id, int argc, char **argv)
{
    g_autoptr (JsonObject) object = json_object_new ();
    g_autofree char *escaped = g_uri_escape_string (id, NULL, FALSE);
    g_autofree char *path = g_strdup_printf ("/api/v1/meters/%s%s", escaped, exchange ? "/exchange" : "");

    if (!set_members (object, argc, argv, exchange ? "address identity" : "label medium cycle keep active tags"))
        return CLI_USAGE;
    return send_object (cli, exchange ? "POST" : "PATCH", path, object);
}
