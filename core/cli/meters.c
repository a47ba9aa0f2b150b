/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meters.c: metergate meters, points, values, read. */
#include "client.h"

#include <stdio.h>

static int meters_list (const Cli *cli)
{
    int code;
    g_autoptr (JsonNode) node = cli_request_json (cli, "GET", "/api/v1/meters", &code);

    if (node == NULL)
        return code;
    JsonArray *array = json_node_get_array (node);
    printf ("%4s  %-20s %-10s %-18s %-22s %-12s %6s  %s\n", "id", "label", "channel", "address", "identity", "medium",
            "points", "state");
    for (guint i = 0; i < json_array_get_length (array); i++) {
        JsonObject *m = json_array_get_object_element (array, i);
        printf ("%4" G_GINT64_FORMAT "  %-20s %-10s %-18s %-22s %-12s %6" G_GINT64_FORMAT "  %s\n",
                cli_number (m, "id"), cli_text (m, "label"), cli_text (m, "channel"), cli_text (m, "address"),
                cli_text (m, "identity"), cli_text (m, "medium"), cli_number (m, "points"),
                json_object_get_boolean_member (m, "silent") ? "silent"
                : cli_number (m, "readouts") > 0             ? "answers"
                                                             : "not read yet");
    }
    return CLI_OK;
}

static int meters_import (const Cli *cli, const char *path)
{
    g_autofree char *text = NULL;
    gsize len;
    g_autoptr (GError) error = NULL;
    int code;

    if (!g_file_get_contents (path, &text, &len, &error)) {
        fprintf (stderr, "metergate: %s\n", error->message);
        return CLI_FAILED;
    }
    if (strlen (text) != len) {
        fprintf (stderr, "metergate: %s: holds a NUL byte; expected CSV text\n", path);
        return CLI_FAILED;
    }
    g_autofree char *answer = cli_request (cli, "PUT", "/api/v1/meters.csv", "text/csv", text, &code);
    if (answer == NULL)
        return code;
    g_autoptr (JsonNode) node = cli->json ? NULL : json_from_string (answer, NULL);
    if (node == NULL) {
        puts (answer);
    } else {
        JsonObject *o = json_node_get_object (node);
        printf ("%" G_GINT64_FORMAT " added, %" G_GINT64_FORMAT " changed, %" G_GINT64_FORMAT " unchanged\n",
                cli_number (o, "added"), cli_number (o, "changed"), cli_number (o, "unchanged"));
    }
    return CLI_OK;
}

static int meters_export (const Cli *cli, const char *path)
{
    int code;
    g_autoptr (GError) error = NULL;
    g_autofree char *text = cli_request (cli, "GET", "/api/v1/meters.csv", NULL, NULL, &code);

    if (text == NULL)
        return code;
    if (path == NULL || g_str_equal (path, "-")) {
        fputs (text, stdout);
    } else if (!g_file_set_contents (path, text, -1, &error)) {
        fprintf (stderr, "metergate: %s\n", error->message);
        return CLI_FAILED;
    }
    return CLI_OK;
}

static int meter_request (const Cli *cli, const char *method, const char *id, const char *rest)
{
    g_autofree char *escaped = g_uri_escape_string (id, NULL, FALSE);
    g_autofree char *path = g_strdup_printf ("/api/v1/meters/%s%s", escaped, rest);
    int code;
    g_autofree char *answer = cli_request (cli, method, path, NULL, NULL, &code);

    return code;
}

int command_meters (const Cli *cli, int argc, char **argv)
{
    if (argc == 1 || (argc == 2 && g_str_equal (argv[1], "list")))
        return meters_list (cli);
    if (argc == 3 && g_str_equal (argv[1], "import"))
        return meters_import (cli, argv[2]);
    if ((argc == 2 || argc == 3) && g_str_equal (argv[1], "export"))
        return meters_export (cli, argc == 3 ? argv[2] : NULL);
    if (argc == 3 && g_str_equal (argv[1], "remove"))
        return meter_request (cli, "DELETE", argv[2], "");
    if (argc >= 4 && g_str_equal (argv[1], "add"))
        return command_meters_add (cli, argv[2], argv[3], argc - 4, argv + 4);
    if (argc >= 4 && g_str_equal (argv[1], "edit"))
        return command_meters_change (cli, FALSE, argv[2], argc - 3, argv + 3);
    if (argc >= 3 && g_str_equal (argv[1], "exchange"))
        return command_meters_change (cli, TRUE, argv[2], argc - 3, argv + 3);
    return cli_usage ("meters [list | import FILE.csv | export [FILE.csv] | remove ID]\n"
                      "       metergate meters add CHANNEL ADDRESS [label|identity|medium|cycle|keep|tags=VALUE ...]\n"
                      "       metergate meters edit ID label|medium|cycle|keep|active|tags=VALUE ...\n"
                      "       metergate meters exchange ID [address=VALUE] [identity=VALUE]");
}

int command_read (const Cli *cli, int argc, char **argv)
{
    if (argc != 2)
        return cli_usage ("read ID");
    int code = meter_request (cli, "POST", argv[1], "/read");
    return code == CLI_OK && !cli->json ? command_values (cli, argc, argv) : code;
}

static void print_value (JsonObject *v)
{
    const char *label = cli_text (v, "label");

    printf ("%4" G_GINT64_FORMAT "  %-28s %-24s %-14s %24s %s%s\n", cli_number (v, "index"), cli_text (v, "key"),
            *label != '\0' ? label : cli_text (v, "quantity"), cli_text (v, "function"),
            json_object_has_member (v, "value") ? cli_text (v, "value") : "-", cli_text (v, "unit"),
            cli_number (v, "quality") != 0 ? "  (doubtful)" : "");
}

int command_values (const Cli *cli, int argc, char **argv)
{
    int code;

    if (argc != 2)
        return cli_usage ("values ID");
    g_autofree char *escaped = g_uri_escape_string (argv[1], NULL, FALSE);
    g_autofree char *path = g_strdup_printf ("/api/v1/meters/%s", escaped);
    g_autoptr (JsonNode) node = cli_request_json (cli, "GET", path, &code);
    if (node == NULL)
        return code;
    JsonObject *meter = json_node_get_object (node);
    JsonArray *values = json_object_get_array_member (meter, "values");
    printf ("%s %s, channel %s, address %s\n", cli_text (meter, "label"), cli_text (meter, "identity"),
            cli_text (meter, "channel"), cli_text (meter, "address"));
    for (guint i = 0; i < json_array_get_length (values); i++)
        print_value (json_array_get_object_element (values, i));
    return CLI_OK;
}

/* points set ID KEY what=value ...; an empty value takes back what was set */
int command_points (const Cli *cli, int argc, char **argv)
{
    int code;

    if (argc < 5 || !g_str_equal (argv[1], "set"))
        return cli_usage ("points set ID KEY label=TEXT|obis=CODE|unit=UNIT|description=TEXT|active=yes|no ...\n"
                          "       an empty value goes back to what the driver says");
    g_autoptr (JsonObject) object = json_object_new ();
    for (int i = 4; i < argc; i++) {
        g_auto (GStrv) part = g_strsplit (argv[i], "=", 2);
        if (g_strv_length (part) != 2)
            return cli_usage ("points set ID KEY what=value ...");
        if (*part[1] != '\0')
            json_object_set_string_member (object, part[0], part[1]);
        else
            json_object_set_null_member (object, part[0]);
    }
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
    g_autofree char *body = json_to_string (node, FALSE);
    g_autofree char *id = g_uri_escape_string (argv[2], NULL, FALSE), *key = g_uri_escape_string (argv[3], NULL, FALSE);
    g_autofree char *path = g_strdup_printf ("/api/v1/meters/%s/points/%s", id, key);
    g_autofree char *answer = cli_request (cli, "PATCH", path, "application/json", body, &code);
    return code;
}
