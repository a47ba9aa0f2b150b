/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* history.c: metergate readings, events, lines: what was kept, what happened, what the lines did. */
#include "client.h"

#include <stdio.h>

#define PAGE_MAX 1000

static void print_time (gint64 ms)
{
    g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (ms / 1000);
    g_autofree char *text = utc != NULL && ms > 0 ? g_date_time_format (utc, "%Y-%m-%dT%H:%M:%S") : NULL;

    if (text != NULL)
        printf ("%s.%03dZ", text, (int) (ms % 1000));
    else
        fputs ("-", stdout);
}

/* ---- options: --after SEQ --limit N --from TIME --to TIME */

typedef struct {
    gint64 after, limit, from_ms, to_ms;
} Range;

/* milliseconds since 1970, or ISO 8601; without a zone it is local */
static gboolean parse_time (const char *text, gint64 *ms)
{
    g_autoptr (GTimeZone) local = g_time_zone_new_local ();
    g_autoptr (GDateTime) time = NULL;

    if (g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, ms, NULL))
        return TRUE;
    time = g_date_time_new_from_iso8601 (text, local);
    if (time != NULL)
        *ms = g_date_time_to_unix (time) * 1000 + g_date_time_get_microsecond (time) / 1000;
    return time != NULL;
}

static gboolean parse_option (Range *range, const char *name, const char *value, gboolean times)
{
    if (value == NULL)
        return FALSE;
    if (g_str_equal (name, "--after"))
        return g_ascii_string_to_signed (value, 10, 0, G_MAXINT64, &range->after, NULL);
    if (g_str_equal (name, "--limit"))
        return g_ascii_string_to_signed (value, 10, 1, G_MAXINT64, &range->limit, NULL);
    if (times && g_str_equal (name, "--from"))
        return parse_time (value, &range->from_ms);
    return times && g_str_equal (name, "--to") && parse_time (value, &range->to_ms);
}

static gboolean parse_range (Range *range, int argc, char **argv, int at, gboolean times)
{
    *range = (Range){ .limit = G_MAXINT64, .to_ms = G_MAXINT64 };
    for (; at < argc; at += 2)
        if (!parse_option (range, argv[at], at + 1 < argc ? argv[at + 1] : NULL, times))
            return FALSE;
    return TRUE;
}

/* ---- pages */

typedef void (*PrintRow) (JsonObject *row);

/* Follows the pages until there is no more; with --json each page is a line. `path` ends in ? or &. */
static int follow_pages (const Cli *cli, const char *path, Range *range, const char *member, PrintRow print)
{
    gboolean more = TRUE;
    int code = CLI_OK;

    while (more && range->limit > 0) {
        g_autofree char *page = g_strdup_printf ("%safter=%" G_GINT64_FORMAT "&limit=%" G_GINT64_FORMAT, path,
                                                 range->after, MIN (range->limit, PAGE_MAX));
        g_autofree char *text = cli_request (cli, "GET", page, NULL, NULL, &code);
        g_autoptr (JsonNode) node = text != NULL ? json_from_string (text, NULL) : NULL;
        if (node == NULL)
            return code != CLI_OK ? code : CLI_FAILED;
        JsonObject *object = json_node_get_object (node);
        JsonArray *rows = json_object_get_array_member (object, member);
        if (cli->json)
            puts (text);
        for (guint i = 0; !cli->json && i < json_array_get_length (rows); i++)
            print (json_array_get_object_element (rows, i));
        range->limit -= json_array_get_length (rows);
        range->after = g_ascii_strtoll (cli_text (object, "next_after"), NULL, 10);
        more = json_object_get_boolean_member_with_default (object, "more", FALSE);
    }
    return code;
}

static void print_readout (JsonObject *row)
{
    JsonArray *readings = json_object_get_array_member (row, "readings");

    for (guint i = 0; i < json_array_get_length (readings); i++) {
        JsonObject *r = json_array_get_object_element (readings, i);
        printf ("%s  ", cli_text (row, "seq"));
        print_time (json_object_get_int_member (row, "at_ms"));
        printf ("  %-28s %24s %s%s\n", cli_text (r, "key"), cli_text (r, "value"), cli_text (r, "unit"),
                json_object_get_int_member (r, "quality") != 0 ? "  (doubtful)" : "");
    }
    if (!g_str_equal (cli_text (row, "kind"), "gap"))
        return;
    printf ("%s  gap from ", cli_text (row, "seq"));
    print_time (json_object_get_int_member (row, "due_ms"));
    fputs (" to ", stdout);
    print_time (json_object_get_int_member (row, "at_ms"));
    putchar ('\n');
}

int command_readings (const Cli *cli, int argc, char **argv)
{
    Range range;

    if (argc < 2 || !parse_range (&range, argc, argv, 2, TRUE))
        return cli_usage ("readings METER [--from TIME] [--to TIME] [--after SEQ] [--limit N]");
    g_autofree char *meter = g_uri_escape_string (argv[1], NULL, FALSE);
    g_autofree char *path =
        g_strdup_printf ("/api/v1/readings?meter=%s&from_ms=%" G_GINT64_FORMAT "&to_ms=%" G_GINT64_FORMAT "&", meter,
                         range.from_ms, range.to_ms);
    return follow_pages (cli, path, &range, "readouts", print_readout);
}

static void print_event (JsonObject *row)
{
    printf ("%s  ", cli_text (row, "seq"));
    print_time (json_object_get_int_member (row, "at_ms"));
    printf ("  %-7s %-22s %-16s %s\n", cli_text (row, "severity"), cli_text (row, "code"), cli_text (row, "subject"),
            cli_text (row, "text"));
}

static gboolean follow_line (const char *data, gpointer user_data)
{
    const Cli *cli = user_data;
    g_autoptr (JsonNode) node = json_from_string (data, NULL);

    if (cli->json)
        puts (data);
    else if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
        print_event (json_node_get_object (node));
    return fflush (stdout) == 0;
}

static int events_follow (const Cli *cli, int argc, char **argv)
{
    Range range;

    if (!parse_range (&range, argc, argv, 2, FALSE) || range.limit != G_MAXINT64)
        return cli_usage ("events --follow [--after SEQ]");
    g_autofree char *path = argc > 2 ? g_strdup_printf ("/api/v1/events/stream?after=%" G_GINT64_FORMAT, range.after)
                                     : g_strdup ("/api/v1/events/stream");
    return cli_follow (cli, path, "event", follow_line, (gpointer) cli);
}

int command_events (const Cli *cli, int argc, char **argv)
{
    Range range;

    if (argc > 1 && g_str_equal (argv[1], "--follow"))
        return events_follow (cli, argc, argv);
    if (!parse_range (&range, argc, argv, 1, FALSE))
        return cli_usage ("events [--after SEQ] [--limit N] | events --follow [--after SEQ]");
    return follow_pages (cli, "/api/v1/events?", &range, "events", print_event);
}

static void print_line (JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    JsonObject *l = json_node_get_object (node);
    const char *error = json_object_get_string_member_with_default (l, "last_error", NULL);

    printf ("%-16s %-10s %-7s %3" G_GINT64_FORMAT " %% busy, %" G_GINT64_FORMAT " turns, %" G_GINT64_FORMAT
            " timeouts, %" G_GINT64_FORMAT " protocol errors, %" G_GINT64_FORMAT " bytes in, %" G_GINT64_FORMAT
            " bytes out%s%s\n",
            cli_text (l, "name"), cli_text (l, "kind"), cli_text (l, "state"),
            json_object_get_int_member (l, "load_percent"), json_object_get_int_member (l, "turns"),
            json_object_get_int_member (l, "timeouts"), json_object_get_int_member (l, "protocol_errors"),
            json_object_get_int_member (l, "bytes_in"), json_object_get_int_member (l, "bytes_out"),
            error != NULL ? ", last error: " : "", error != NULL ? error : "");
}

int command_lines (const Cli *cli, int argc, char **argv)
{
    int code;

    if (argc != 1)
        return cli_usage ("lines");
    g_autoptr (JsonNode) node = cli_request_json (cli, "GET", "/api/v1/lines", &code);
    if (node != NULL)
        json_array_foreach_element (json_node_get_array (node), print_line, NULL);
    return code;
}
