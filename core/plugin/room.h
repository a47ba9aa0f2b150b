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
    const MgModule *original; /* in the plugin's memory, which is resident */
    MarkSlot *slot;           /* may be NULL */
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

PluginFeature *plugin_feature_new (PluginModule *module, const MgFeature *info); /* full; `info` has passed its check */
void plugin_feature_free (PluginFeature *feature);

G_END_DECLS
