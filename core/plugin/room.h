/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* room.h: what the parts of the plugin room know of each other. */
#pragma once

#include <plugin/plugin.h>

#include "marks.h"

G_BEGIN_DECLS

/* One accepted file. */
typedef struct {
    char *name; /* "driver-mbus" */
    MgModule module;
    MarkSlot *slot; /* may be NULL */
    Journal *journal;
    GPtrArray *features; /* of PluginFeature */
    int running;         /* calls, atomic: an abandoned one may outlast the room */
    gint64 changed_ns;   /* of the file, when it was loaded */
    guint64 inode;
} PluginModule;

struct _PluginFeature {
    PluginModule *module;
    MgFeature info;
    union {
        MgDriverOps driver;
        MgFormatOps format;
        MgTransportOps transport;
        MgServiceOps service;
    } ops;
    GMutex lock; /* of what follows */
    PluginStatistics statistics;
    const char *buggy[8]; /* functions whose bug was reported already */
};

/* Copies what the plugin's descriptor says, which has passed its checks. Full. */
PluginModule *plugin_module_new (const char *name, MarkSlot *slot, const MgModule *original, Journal *journal);
void plugin_module_free (PluginModule *module);

G_END_DECLS
