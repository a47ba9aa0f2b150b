/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gateway.h: the rooms of one running gateway, for the files of main. */
#pragma once

#include <acquire/acquire.h>
#include <api/api.h>
#include <config/config.h>
#include <journal/journal.h>
#include <model/model.h>
#include <plugin/plugin.h>
#include <report/report.h>
#include <serve/serve.h>
#include <store/store.h>

typedef struct {
    char **config_dirs, **plugin_dirs;
    char *state_dir, *socket;
    gboolean foreground, check_config, show_config, version;
} GatewayOptions;

typedef struct {
    GatewayOptions options;
    GMainLoop *loop;
    Journal *journal;
    Store *store;
    PluginRoom *plugins;
    Config *config;
    Model *model;
    Acquire *acquire;
    ReportRoom *report;
    ServeRoom *serve;
    Api *api;
    GPtrArray *host_owners; /* what stands behind the MgHosts; never freed: threads may be late */
    GMutex host_mutex;
    const char *name; /* of the gateway, as configured: an interned string */
    guint clock_timer;
    gint64 clock_offset_ms, started_us;
    int exit_code;
} Gateway;

/* kinds.c: what groups a configuration may have, with the plugins' tables */
Config *gateway_load_config (Gateway *gateway, GPtrArray *problems, GError **error);

/* wiring.c: what the rooms get of each other as function tables */
MgHost *gateway_make_host (gpointer gateway, const char *name);
ModelLinks gateway_model_links (Gateway *gateway);
ReportOptions gateway_report_options (Gateway *gateway);
ServeOptions gateway_serve_options (Gateway *gateway);

/* clock.c: a wall clock that was set opens a new epoch */
void gateway_watch_clock (Gateway *gateway);
