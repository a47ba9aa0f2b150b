/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.h: a scratch folder of plugins, and a journal whose events are kept as text. */
#pragma once

#include <journal/journal.h>

typedef struct {
    char *path;
    Journal *journal;
    GPtrArray *events; /* "code subject text" */
} PluginFolder;

void folder_open (PluginFolder *folder);
void folder_close (PluginFolder *folder); /* with all that is in it */

/* Each returns the new file's path, full. */
char *folder_put (PluginFolder *folder, const char *module, const char *as); /* the module MODULE.so of this build */
char *folder_put_bytes (PluginFolder *folder, const char *as, const char *bytes, gsize len);

guint folder_count_events (const PluginFolder *folder, const char *pattern);
