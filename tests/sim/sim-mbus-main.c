/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-main.c: metergate-sim-mbus: simulated M-Bus segments on TCP ports or pseudo terminals, in real time or at
 * once. */
#include "sim-mbus.h"
#include "sim-mbus-server.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

typedef struct {
    char **meters, *meters_file, *telegrams, *listen, *link, *log, *speed, *channel, *cycle;
    gboolean pty, demo, print_meters, echo, die_with_parent;
    gint buses, count, values, baud, clean_acks;
    gint64 seed;
    int log_fd;
} Options;

static const char *const demo_meters[] = {
    "label=heat address=1 id=10000001 manufacturer=MGA medium=4 start=12000",
    "label=electricity address=2 id=10000002 manufacturer=MGB medium=2 values=20 pages=3 start=250000",
    "label=water-silent-at-times address=3 id=10000003 manufacturer=MGC medium=7 silent=25 start=4000",
    "label=gas-erratic address=4 id=10000004 manufacturer=MGD medium=3 noise=8 checksum=8 cut=8 babble=3 start=700",
};

static gboolean main_add_described (SimBus *bus, const char *text, GError **error)
{
    SimMeterOptions meter;
    gboolean ok;

    sim_meter_options_init (&meter);
    ok = sim_meter_options_parse (&meter, text, error);
    if (ok)
        sim_bus_add_meter (bus, &meter);
    sim_meter_options_clear (&meter);
    return ok;
}

static gboolean main_add_file (SimBus *bus, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_auto (GStrv) lines = NULL;

    if (!g_file_get_contents (path, &text, NULL, error))
        return FALSE;
    lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_strstrip (lines[i]);
        if (*lines[i] == '\0' || *lines[i] == '#')
            continue;
        if (!main_add_described (bus, lines[i], error)) {
            g_prefix_error (error, "%s:%u: ", path, i + 1);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean main_add_recorded (SimBus *bus, const char *folder, gboolean quiet, GError **error)
{
    g_autoptr (GPtrArray) all = sim_recorded_load (folder, error);

    if (all == NULL)
        return FALSE;
    for (guint i = 0; i < all->len; i++) {
        SimRecorded *recorded = g_ptr_array_index (all, i);

        if (recorded->refused == NULL)
            sim_bus_add_recorded (bus, &recorded->options, (GBytes *const *) recorded->pages->pdata,
                                  recorded->pages->len);
        else if (!quiet)
            g_printerr ("left out: %s: %s\n", recorded->name, recorded->refused);
    }
    return TRUE;
}

/* `count` meters that differ in all that a test may want to tell them by */
static gboolean main_add_counted (SimBus *bus, const Options *o, guint index, GError **error)
{
    static const guint media[] = { 4, 7, 2, 3 };

    for (gint i = 0; i < o->count; i++) {
        g_autofree char *address = i < 250 ? g_strdup_printf ("%d", i + 1) : g_strdup ("none");
        g_autofree char *text =
            g_strdup_printf ("address=%s id=%08d manufacturer=MGT medium=%u values=%d start=%d", address,
                             20000000 + (gint) index * 1000 + i, media[i % 4], o->values, 1000 * i + 1);

        if (!main_add_described (bus, text, error))
            return FALSE;
    }
    return TRUE;
}

static SimBus *main_make_bus (const Options *o, guint index, GError **error)
{
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();
    g_autoptr (SimBus) bus = NULL;
    SimBusOptions options;

    sim_bus_options_init (&options);
    options.baud = (guint32) o->baud;
    options.fast = g_strcmp0 (o->speed, "fast") == 0;
    options.echo = o->echo;
    options.clean_ack_percent = (guint) o->clean_acks;
    options.seed = (guint64) o->seed + index;
    options.clock_start_s = g_date_time_to_unix (now) + g_date_time_get_utc_offset (now) / G_USEC_PER_SEC -
                            g_get_monotonic_time () / G_USEC_PER_SEC;
    bus = sim_bus_new (&options);
    for (guint i = 0; o->demo && i < G_N_ELEMENTS (demo_meters); i++) {
        if (!main_add_described (bus, demo_meters[i], error))
            return NULL;
    }
    for (guint i = 0; o->meters != NULL && o->meters[i] != NULL; i++) {
        if (!main_add_described (bus, o->meters[i], error))
            return NULL;
    }
    if (o->meters_file != NULL && !main_add_file (bus, o->meters_file, error))
        return NULL;
    if (o->telegrams != NULL && !main_add_recorded (bus, o->telegrams, index > 0, error))
        return NULL;
    if (!main_add_counted (bus, o, index, error))
        return NULL;
    return g_steal_pointer (&bus);
}

static char *main_channel (const Options *o, guint index)
{
    if (o->channel != NULL && o->buses == 1)
        return g_strdup (o->channel);
    return g_strdup_printf ("%s%u", o->channel != NULL ? o->channel : "mbus", index + 1);
}

static void main_print_meters (SimBus *bus, const Options *o, guint index)
{
    g_autofree char *channel = main_channel (o, index);

    if (index == 0)
        g_print ("label;channel;address;identity;medium;cycle;keep;tags\n");
    for (guint i = 0; i < sim_bus_get_n_meters (bus); i++) {
        g_autofree char *line =
            sim_meter_options_to_csv (sim_bus_get_meter (bus, i), channel, o->cycle != NULL ? o->cycle : "");
        g_print ("%s\n", line);
    }
}

/* One line for each telegram, on the disk before the telegram leaves: who reads it after a kill knows what can have
 * arrived. */
static void main_log (const SimAnswer *answer, gpointer data)
{
    const Options *o = data;
    g_autofree char *identity = sim_meter_options_identity (answer->meter);
    g_autofree char *line =
        g_strdup_printf ("%d %u %" G_GUINT64_FORMAT " %u %s %s %s\n", answer->meter->address, answer->access,
                         answer->value, answer->page, answer->repeated ? "repeated" : "fresh",
                         answer->spoiled ? "spoiled" : "good", *identity != '\0' ? identity : "-");

    if (write (o->log_fd, line, strlen (line)) != (ssize_t) strlen (line) || fdatasync (o->log_fd) != 0) {
        g_printerr ("metergate-sim-mbus: %s: %s\n", o->log, g_strerror (errno));
        exit (1);
    }
}

static gboolean main_serve (Options *o, GError **error)
{
    g_autoptr (GPtrArray) ports = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_port_free);

    if (o->log != NULL && (o->log_fd = open (o->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0) {
        g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", o->log, g_strerror (errno));
        return FALSE;
    }
    for (guint i = 0; i < (guint) o->buses; i++) {
        SimBus *bus = main_make_bus (o, i, error);
        SimPort *port;

        if (bus == NULL)
            return FALSE;
        if (o->log_fd >= 0)
            sim_bus_on_answer (bus, main_log, o);
        port =
            o->pty ? sim_port_new_pty (bus, i == 0 ? o->link : NULL, error) : sim_port_new_tcp (bus, o->listen, error);
        if (port == NULL)
            return FALSE;
        g_ptr_array_add (ports, port);
        g_print ("%s %s\n", o->pty ? "pty" : "listening", sim_port_get_name (port));
    }
    g_print ("ready %d\n", o->buses);
    fflush (stdout);
    sim_ports_run (ports);
    return TRUE;
}

static gboolean main_check (const Options *o, GError **error)
{
    const char *wrong = NULL;

    if (o->pty && o->listen != NULL)
        wrong = "--pty and --listen exclude each other";
    else if (!o->pty && o->listen == NULL && !o->print_meters)
        wrong = "expected --pty, --listen or --print-meters";
    else if (o->speed != NULL && !g_str_equal (o->speed, "fast") && !g_str_equal (o->speed, "1"))
        wrong = "--speed: expected fast or 1";
    else if (o->buses < 1 || o->buses > 100)
        wrong = "--buses: expected 1 to 100";
    else if (o->count < 0 || o->count > 1000)
        wrong = "--count: expected 0 to 1000";
    else if (o->values < 1 || o->values > 1000)
        wrong = "--values: expected 1 to 1000";
    else if (o->baud < 300 || o->baud > 460800)
        wrong = "--baud: expected 300 to 460800";
    else if (o->clean_acks < 0 || o->clean_acks > 100)
        wrong = "--clean-acks: expected 0 to 100";
    if (wrong != NULL)
        g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
    return wrong == NULL;
}

static gboolean main_run (Options *o, GError **error)
{
    if (!main_check (o, error))
        return FALSE;
    if (o->die_with_parent)
        prctl (PR_SET_PDEATHSIG, SIGTERM);
    if (!o->print_meters)
        return main_serve (o, error);
    for (guint i = 0; i < (guint) o->buses; i++) {
        g_autoptr (SimBus) bus = main_make_bus (o, i, error);

        if (bus == NULL)
            return FALSE;
        main_print_meters (bus, o, i);
    }
    return TRUE;
}

int main (int argc, char **argv)
{
    static Options o = { .buses = 1, .values = 10, .baud = 2400, .clean_acks = 50, .seed = 1, .log_fd = -1 };
    const GOptionEntry entries[] = {
        { "pty", 0, 0, G_OPTION_ARG_NONE, &o.pty, "Serve pseudo terminals; prints `pty PATH`", NULL },
        { "link", 0, 0, G_OPTION_ARG_FILENAME, &o.link, "Symbolic link to the first pseudo terminal", "PATH" },
        { "listen", 0, 0, G_OPTION_ARG_STRING, &o.listen, "Serve TCP; prints `listening ADDRESS:PORT`",
          "ADDRESS:PORT" },
        { "buses", 0, 0, G_OPTION_ARG_INT, &o.buses, "Segments, each with its own port and the meters named", "N" },
        { "demo", 0, 0, G_OPTION_ARG_NONE, &o.demo, "The four meters of the quickstart", NULL },
        { "meter", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.meters, "One meter, see tests/sim/README.md", "KEY=VALUE ..." },
        { "meters", 0, 0, G_OPTION_ARG_FILENAME, &o.meters_file, "Meters, one a line", "FILE" },
        { "count", 0, 0, G_OPTION_ARG_INT, &o.count, "Further meters that behave well", "N" },
        { "values", 0, 0, G_OPTION_ARG_INT, &o.values, "Values of each of --count; 10", "N" },
        { "telegrams", 0, 0, G_OPTION_ARG_FILENAME, &o.telegrams, "Play FOLDER/*.hex, file k at address k", "FOLDER" },
        { "print-meters", 0, 0, G_OPTION_ARG_NONE, &o.print_meters, "Print the list of meters for the gateway, and end",
          NULL },
        { "channel", 0, 0, G_OPTION_ARG_STRING, &o.channel, "Channel in that list; mbus1", "NAME" },
        { "cycle", 0, 0, G_OPTION_ARG_STRING, &o.cycle, "Cycle in that list", "SCHEDULE" },
        { "log", 0, 0, G_OPTION_ARG_FILENAME, &o.log, "A synced line for each telegram, before it leaves", "FILE" },
        { "speed", 0, 0, G_OPTION_ARG_STRING, &o.speed, "1: as on a wire; fast: answers at once", "1|fast" },
        { "baud", 0, 0, G_OPTION_ARG_INT, &o.baud, "Speed of the segment; 2400", "N" },
        { "echo", 0, 0, G_OPTION_ARG_NONE, &o.echo, "The level converter echoes", NULL },
        { "clean-acks", 0, 0, G_OPTION_ARG_INT, &o.clean_acks, "How many collided E5 read as one; 50", "PERCENT" },
        { "seed", 0, 0, G_OPTION_ARG_INT64, &o.seed, "Of all that is left to chance; 1", "N" },
        { "die-with-parent", 0, 0, G_OPTION_ARG_NONE, &o.die_with_parent, "End when the calling process ends", NULL },
        { NULL },
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("- an M-Bus segment with meters");
    g_autoptr (GError) error = NULL;

    g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, &argc, &argv, &error) || !main_run (&o, &error)) {
        g_printerr ("metergate-sim-mbus: %s\n", error->message);
        return error->domain == G_OPTION_ERROR ? 2 : 1;
    }
    return 0;
}
