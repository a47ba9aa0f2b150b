/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scan.c: metergate channels, scan. */
#include "client.h"

#include <glib-unix.h>
#include <stdio.h>
#include <unistd.h>

#define POLL_US 250000

static void print_channel (JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    JsonObject *c = json_node_get_object (node);

    printf ("%-16s %-10s %-16s %-12s %6" G_GINT64_FORMAT "  %s%s\n", json_object_get_string_member (c, "name"),
            json_object_get_string_member (c, "driver"), json_object_get_string_member_with_default (c, "line", "-"),
            json_object_get_string_member_with_default (c, "cycle", "-"), json_object_get_int_member (c, "meters"),
            json_object_get_string_member (c, "state"),
            json_object_get_boolean_member (c, "scans") ? "" : ", cannot scan");
}

int command_channels (const Cli *cli, int argc, char **argv)
{
    int code;

    if (argc != 1)
        return cli_usage ("channels");
    g_autoptr (JsonNode) node = cli_request_json (cli, "GET", "/api/v1/channels", &code);
    if (node == NULL)
        return code;
    printf ("%-16s %-10s %-16s %-12s %6s  %s\n", "channel", "driver", "line", "cycle", "meters", "state");
    json_array_foreach_element (json_node_get_array (node), print_channel, NULL);
    return CLI_OK;
}

/* ---------------------------------------------------------------------------------------------------------------- scan
 */

static gboolean interrupted;

static gboolean on_interrupt (gpointer data)
{
    interrupted = TRUE;
    return G_SOURCE_CONTINUE;
}

static void print_left (JsonObject *scan)
{
    JsonObject *left = json_object_get_object_member (scan, "left");
    gint64 seconds = json_object_get_int_member (left, "seconds");

    if (json_object_get_boolean_member (left, "is_known"))
        printf (", about %" G_GINT64_FORMAT ":%02d left", seconds / 60, (int) (seconds % 60));
}

static void print_progress (JsonObject *scan)
{
    gint64 permille = json_object_get_int_member (scan, "decided_permille");
    const char *asking = json_object_get_string_member_with_default (scan, "asking", NULL);

    printf ("%3d.%d %%  %" G_GINT64_FORMAT " found, %" G_GINT64_FORMAT " of them known", (int) (permille / 10),
            (int) (permille % 10), json_object_get_int_member (scan, "found"),
            json_object_get_int_member (scan, "known"));
    print_left (scan);
    if (asking != NULL && *asking != '\0')
        printf ("  asking %s", asking);
    putchar ('\n');
    fflush (stdout);
}

static int print_end (JsonObject *scan)
{
    const char *state = json_object_get_string_member (scan, "state");

    printf ("%s: %" G_GINT64_FORMAT " found, %" G_GINT64_FORMAT " of them known; %" G_GINT64_FORMAT
            " without answer, %" G_GINT64_FORMAT " collisions, %" G_GINT64_FORMAT " wrong checksums",
            state, json_object_get_int_member (scan, "found"), json_object_get_int_member (scan, "known"),
            json_object_get_int_member (scan, "no_answers"), json_object_get_int_member (scan, "collisions"),
            json_object_get_int_member (scan, "checksums"));
    if (json_object_get_int_member (scan, "unresolved") > 0)
        printf ("; %" G_GINT64_FORMAT " places where somebody is and no telegram can be read",
                json_object_get_int_member (scan, "unresolved"));
    putchar ('\n');
    if (g_str_equal (state, "failed"))
        fprintf (stderr, "metergate: %s\n", json_object_get_string_member_with_default (scan, "error", "it failed"));
    return g_str_equal (state, "done") ? CLI_OK : CLI_FAILED;
}

static gboolean scan_is_over (JsonObject *scan)
{
    const char *state = json_object_get_string_member (scan, "state");

    return !g_str_equal (state, "waiting") && !g_str_equal (state, "running");
}

static void scan_interrupt (const Cli *cli, const char *path)
{
    int code;
    g_autofree char *answer = cli_request (cli, "DELETE", path, NULL, NULL, &code);

    interrupted = FALSE;
}

/* A line for each news; an interrupt (Ctrl-C) ends the scan, and what it found is shown. */
static int scan_watch (const Cli *cli, const char *path)
{
    guint source = g_unix_signal_add (SIGINT, on_interrupt, NULL);
    g_autofree char *before = NULL;
    int code = CLI_OK;

    for (;;) {
        g_autofree char *text = cli_request (cli, "GET", path, NULL, NULL, &code);
        g_autoptr (JsonNode) node = text != NULL ? json_from_string (text, NULL) : NULL;
        if (node == NULL)
            break;
        JsonObject *scan = json_node_get_object (node);
        if (scan_is_over (scan)) {
            if (!cli->json) {
                code = print_end (scan);
            } else {
                puts (text);
                code = g_str_equal (json_object_get_string_member (scan, "state"), "done") ? CLI_OK : CLI_FAILED;
            }
            break;
        }
        if (!cli->json && g_strcmp0 (before, text) != 0)
            print_progress (scan);
        g_free (before);
        before = g_steal_pointer (&text);
        for (guint i = 0; i < 5 && !interrupted; i++) {
            g_usleep (POLL_US / 5);
            g_main_context_iteration (NULL, FALSE);
        }
        if (interrupted)
            scan_interrupt (cli, path);
    }
    g_source_remove (source);
    return code;
}

/* the options after the channel as a JSON object; NULL: they make no sense */
static char *scan_body (int argc, char **argv, const char **channel, gboolean *detach)
{
    g_autoptr (JsonObject) object = json_object_new ();

    for (int i = 1; i < argc; i++) {
        if (g_str_equal (argv[i], "--detach"))
            *detach = TRUE;
        else if (g_str_has_prefix (argv[i], "--") && i + 1 < argc) {
            json_object_set_string_member (object, argv[i] + 2, argv[i + 1]);
            i++;
        } else if (*channel == NULL && argv[i][0] != '-')
            *channel = argv[i];
        else
            return NULL;
    }
    if (*channel == NULL)
        return NULL;
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
    return json_to_string (node, FALSE);
}

int command_scan (const Cli *cli, int argc, char **argv)
{
    const char *channel = NULL;
    gboolean detach = FALSE;
    g_autofree char *body = scan_body (argc, argv, &channel, &detach);
    int code;

    if (body == NULL)
        return cli_usage (
            "scan CHANNEL [--mode secondary|primary|reverse] [--mask MASK] [--from N] [--to N] [--OPTION VALUE]... "
            "[--detach]");
    g_autofree char *escaped = g_uri_escape_string (channel, NULL, FALSE);
    g_autofree char *path = g_strdup_printf ("/api/v1/channels/%s/scan", escaped);
    g_autofree char *answer = cli_request (cli, "POST", path, "application/json", body, &code);
    if (answer == NULL)
        return code;
    if (detach && cli->json)
        puts (answer);
    return detach ? CLI_OK : scan_watch (cli, path);
}
