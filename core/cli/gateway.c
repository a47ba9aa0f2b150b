/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gateway.c: metergate status, reports, plugin, config. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void print_member (JsonObject *object, const char *member, JsonNode *node, gpointer data)
{
    g_autofree char *text =
        json_node_get_value_type (node) == G_TYPE_STRING ? json_node_dup_string (node) : json_to_string (node, FALSE);

    printf ("%-16s %s\n", member, text);
}

int command_status (const Cli *cli, int argc, char **argv)
{
    int code;

    if (argc != 1)
        return cli_usage ("status");
    g_autoptr (JsonNode) node = cli_request_json (cli, "GET", "/api/v1/gateway", &code);
    if (node != NULL)
        json_object_foreach_member (json_node_get_object (node), print_member, NULL);
    return code;
}

static void print_report (JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    JsonObject *r = json_node_get_object (node);
    const char *error = json_object_get_string_member_with_default (r, "error", NULL);
    const char *fault = json_object_get_string_member_with_default (r, "fault", NULL);

    printf ("%-16s %s over %s, %s: %" G_GINT64_FORMAT " delivered, %" G_GINT64_FORMAT " waiting",
            json_object_get_string_member (r, "name"), json_object_get_string_member_with_default (r, "format", "-"),
            json_object_get_string_member_with_default (r, "transport", "-"),
            json_object_get_string_member_with_default (r, "schedule", "-"),
            json_object_get_int_member (r, "delivered"), json_object_get_int_member (r, "waiting"));
    if (json_object_get_int_member (r, "aside") > 0)
        printf (", %" G_GINT64_FORMAT " set aside", json_object_get_int_member (r, "aside"));
    if (error != NULL)
        printf (", last error: %s", error);
    if (fault != NULL)
        printf (", does not work: %s", fault);
    putchar ('\n');
}

int command_reports (const Cli *cli, int argc, char **argv)
{
    int code;

    if (argc == 3 && (g_str_equal (argv[1], "run") || g_str_equal (argv[1], "retry"))) {
        g_autofree char *name = g_uri_escape_string (argv[2], NULL, FALSE);
        g_autofree char *path = g_strdup_printf ("/api/v1/reports/%s/%s", name, argv[1]);
        g_autofree char *answer = cli_request (cli, "POST", path, NULL, NULL, &code);
        if (answer != NULL && cli->json)
            puts (answer);
        return code;
    }
    if (argc > 2 || (argc == 2 && !g_str_equal (argv[1], "list")))
        return cli_usage ("reports [list | run NAME | retry NAME]");
    g_autoptr (JsonNode) node = cli_request_json (cli, "GET", "/api/v1/reports", &code);
    if (node != NULL)
        json_array_foreach_element (json_node_get_array (node), print_report, NULL);
    return code;
}

static void print_plugin (JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    JsonObject *p = json_node_get_object (node);

    if (json_object_get_boolean_member (p, "accepted"))
        printf ("%-28s %s\n", json_object_get_string_member (p, "file"), json_object_get_string_member (p, "version"));
    else
        printf ("%-28s refused: %s; %s\n", json_object_get_string_member (p, "file"),
                json_object_get_string_member_with_default (p, "reason", ""),
                json_object_get_string_member_with_default (p, "remedy", ""));
}

static int enable_plugin (const Cli *cli, const char *plugin)
{
    g_autofree char *name = g_uri_escape_string (plugin, NULL, FALSE);
    g_autofree char *path = g_strdup_printf ("/api/v1/plugins/%s/enable", name);
    int code;
    g_autoptr (JsonNode) node = cli_request_json (cli, "POST", path, &code);

    if (node == NULL)
        return code;
    print_plugin (NULL, 0, node, NULL);
    if (!json_object_get_boolean_member (json_node_get_object (node), "accepted"))
        return CLI_FAILED;
    fprintf (stderr, "metergate: what is configured for it starts with the next start of the gateway\n");
    return CLI_OK;
}

int command_plugin (const Cli *cli, int argc, char **argv)
{
    int code;

    if (argc == 3 && g_str_equal (argv[1], "enable"))
        return enable_plugin (cli, argv[2]);
    if (argc > 2 || (argc == 2 && !g_str_equal (argv[1], "list")))
        return cli_usage ("plugin [list | enable KIND-FEATURE]");
    g_autoptr (JsonNode) node = cli_request_json (cli, "GET", "/api/v1/plugins", &code);
    if (node != NULL)
        json_array_foreach_element (json_node_get_array (node), print_plugin, NULL);
    return code;
}

/* The daemon's own program checks, so that what it says is what it would do; further arguments are its options. */
int command_config (const Cli *cli, int argc, char **argv)
{
    g_autoptr (GPtrArray) args = g_ptr_array_new ();
    g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
    g_autofree char *folder = own != NULL ? g_path_get_dirname (own) : g_strdup (".");
    g_autofree char *built = g_build_filename (folder, "..", "main", "metergated", NULL);
    g_autofree char *installed = g_build_filename (folder, "..", "sbin", "metergated", NULL);

    if (argc < 2 || (!g_str_equal (argv[1], "check") && !g_str_equal (argv[1], "show")))
        return cli_usage ("config check|show [--config-dir DIR]... [--plugin-dir DIR]...");
    g_ptr_array_add (args, g_file_test (built, G_FILE_TEST_IS_EXECUTABLE) ? built : installed);
    g_ptr_array_add (args, g_str_equal (argv[1], "check") ? "--check-config" : "--show-config");
    for (int i = 2; i < argc; i++)
        g_ptr_array_add (args, argv[i]);
    g_ptr_array_add (args, NULL);
    execv (args->pdata[0], (char **) args->pdata);
    fprintf (stderr, "metergate: %s: %s\n", (char *) args->pdata[0], g_strerror (errno));
    return CLI_FAILED;
}
