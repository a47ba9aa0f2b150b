/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c: the command line program `metergate`. */
#include "cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *summary;
    int (*run) (int argc, char **argv);
} commands[] = {
    { "decode", "telegrams in hex to readings in JSON", cli_decode },
};

static int usage (FILE *out, int code)
{
    fprintf (out, "usage: metergate COMMAND [OPTION...]\n\n");
    for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
        fprintf (out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    return code;
}

int main (int argc, char **argv)
{
    setlocale (LC_ALL, "");
    if (argc > 1 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "help") == 0))
        return usage (stdout, CLI_GOOD);
    for (guint i = 0; argc > 1 && i < G_N_ELEMENTS (commands); i++)
        if (strcmp (argv[1], commands[i].name) == 0)
            return commands[i].run (argc - 1, argv + 1);
    if (argc > 1)
        fprintf (stderr, "metergate: unknown command '%s'\n", argv[1]);
    return usage (stderr, CLI_USAGE);
}
