/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * api.h: HTTP, the only door for the CLI and the web: /api/v1 on a Unix socket, whose file's mode says who may come in.
 *
 * One table of routes; errors are application/problem+json with a code and parameters (RFC 9457). Main loop only.
 */
#pragma once

#include <acquire/acquire.h>
#include <config/config.h>
#include <model/model.h>
#include <plugin/plugin.h>
#include <report/report.h>
#include <store/store.h>

G_BEGIN_DECLS

typedef struct _Api Api;

typedef struct {
    Config *config; /* a reference is taken */
    Journal *journal;
    Store *store;
    Model *model;
    PluginRoom *plugins;
    Acquire *acquire;
    ReportRoom *report;
    const char *version;
} ApiRooms;

/* Listens on the socket at once; an old socket file that nobody listens on is replaced. */
Api *api_new (const ApiRooms *rooms, const char *socket_path, GError **error); /* full */
void api_set_config (Api *api, Config *config);
void api_free (Api *api);

/* The table of routes, "METHOD PATH QUERY..." a line, * for what a path names (full). Any thread. */
char *api_routes (void);

G_END_DECLS
