/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* client.h: what the commands of `metergate` share. The CLI speaks to the gateway's API over its Unix socket, and to
 * libmetergate. */
#pragma once

#include "cli.h"

#include <json-glib/json-glib.h>

typedef struct {
    const char *socket; /* path of the API's Unix socket */
    gboolean json;      /* --json: print the API's answer as it is */
} Cli;

/* client.c: one request; NULL with an error already printed and *code set. `body` may be NULL. */
char *cli_request (const Cli *cli, const char *method, const char *path, const char *content_type, const char *body,
                   int *code); /* full */
/* the same, parsed; with --json it is printed and NULL comes back with *code CLI_OK */
JsonNode *cli_request_json (const Cli *cli, const char *method, const char *path, int *code); /* full */

/* Follows an event stream until `func` says FALSE, or the gateway ends it (CLI_NO_GATEWAY): the data of each item of
 * that name. */
typedef gboolean (*CliFollow) (const char *data, gpointer user_data);
int cli_follow (const Cli *cli, const char *path, const char *event, CliFollow func, gpointer user_data);

/* says how a command is called; CLI_USAGE */
int cli_usage (const char *text);
/* members of an answer; "" and 0 where there is none */
const char *cli_text (JsonObject *object, const char *member);
gint64 cli_number (JsonObject *object, const char *member);

/* commands; argv[0] is the command's own name */
int command_status (const Cli *cli, int argc, char **argv);
int command_meters (const Cli *cli, int argc, char **argv);
int command_meters_add (const Cli *cli, const char *channel, const char *address, int argc, char **argv);
int command_meters_change (const Cli *cli, gboolean exchange, const char *id, int argc, char **argv);
int command_points (const Cli *cli, int argc, char **argv);
int command_values (const Cli *cli, int argc, char **argv);
int command_read (const Cli *cli, int argc, char **argv);
int command_reports (const Cli *cli, int argc, char **argv);
int command_readings (const Cli *cli, int argc, char **argv);
int command_events (const Cli *cli, int argc, char **argv);
int command_lines (const Cli *cli, int argc, char **argv);
int command_channels (const Cli *cli, int argc, char **argv);
int command_scan (const Cli *cli, int argc, char **argv);
int command_plugin (const Cli *cli, int argc, char **argv);
int command_config (const Cli *cli, int argc, char **argv);
