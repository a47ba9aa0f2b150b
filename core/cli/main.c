/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c: the command line program `metergate`. */
#include "cli.h"
#include "client.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_SOCKET "/run/metergate/metergate.sock"

static const struct {
    const char *name, *arguments, *summary;
    int (*run) (const Cli *cli, int argc, char **argv); /* speaks to the gateway */
    int (*run_alone) (int argc, char **argv);           /* needs none */
} commands[] = {
    { "status", "", "what the gateway does", command_status, NULL },
    { "channels", "", "channels: driver, line, meters, state", command_channels, NULL },
    { "scan", "CHANNEL [--mode MODE] [--mask MASK] [--detach]", "search a channel for meters", command_scan, NULL },
    { "meters", "[list | import FILE | export [FILE] | remove ID]", "the list of meters", command_meters, NULL },
    { "meters add", "CHANNEL ADDRESS [WHAT=VALUE...]", "one more meter", command_meters, NULL },
    { "meters edit", "ID WHAT=VALUE...", "label, cycle, keep ... of a meter", command_meters, NULL },
    { "meters exchange", "ID [address=A] [identity=I]", "another device hangs there now", command_meters, NULL },
    { "values", "ID", "the live values of a meter", command_values, NULL },
    { "read", "ID", "read a meter now", command_read, NULL },
    { "points", "set ID KEY WHAT=VALUE...", "label, OBIS, unit of a point by hand", command_points, NULL },
    { "readings", "ID [--from TIME] [--to TIME] [--after SEQ] [--limit N]", "what was kept of a meter",
      command_readings, NULL },
    { "events", "[--follow] [--after SEQ] [--limit N]", "what happened, or happens", command_events, NULL },
    { "lines", "", "lines, what went over them, their last errors", command_lines, NULL },
    { "reports", "[list | run NAME | retry NAME]", "reports and their queues", command_reports, NULL },
    { "plugin", "[list | enable NAME]", "plugins, also those that were refused", command_plugin, NULL },
    { "config", "check|show [--config-dir DIR]", "check or show the configuration", command_config, NULL },
    { "decode", "--protocol NAME FILE|-", "telegrams in hex to readings in JSON", NULL, cli_decode },
};

static int usage (FILE *out, int code)
{
    fprintf (out, "usage: metergate [--socket PATH] [--json] COMMAND [ARGUMENT...]\n\n");
    for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
        g_autofree char *call = g_strdup_printf ("%s %s", commands[i].name, commands[i].arguments);
        fprintf (out, "  %-58s %s\n", call, commands[i].summary);
    }
    fprintf (out,
             "\n  --socket PATH  the gateway's socket (%s)\n  --json         print the gateway's answer as it is\n\n"
             "Exit: 0 done, 1 refused or failed, 2 usage, 3 no gateway answers.\n",
             DEFAULT_SOCKET);
    return code;
}

/* the options before the command; where the command is */
static int parse_options (Cli *cli, int argc, char **argv)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp (argv[i], "--json") == 0)
            cli->json = TRUE;
        else if (strcmp (argv[i], "--socket") == 0 && i + 1 < argc)
            cli->socket = argv[++i];
        else
            return -1;
    }
    return i;
}

int main (int argc, char **argv)
{
    Cli cli = { .socket = DEFAULT_SOCKET };

    setlocale (LC_ALL, "");
    if (argc > 1 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "help") == 0))
        return usage (stdout, CLI_OK);
    if (argc > 1 && strcmp (argv[1], "--version") == 0) {
        puts ("metergate " METERGATE_VERSION);
        return CLI_OK;
    }
    int at = parse_options (&cli, argc, argv);
    for (guint i = 0; at > 0 && at < argc && i < G_N_ELEMENTS (commands); i++)
        if (strcmp (argv[at], commands[i].name) == 0)
            return commands[i].run != NULL ? commands[i].run (&cli, argc - at, argv + at)
                                           : commands[i].run_alone (argc - at, argv + at);
    if (at > 0 && at < argc)
        fprintf (stderr, "metergate: unknown command '%s'\n", argv[at]);
    return usage (stderr, CLI_USAGE);
}
