/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe.h: loads a plugin file in a child process first, and remembers how that went. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

typedef struct _Probe Probe;

typedef struct {
    int code;     /* ModuleError; 0: may be loaded */
    char *reason; /* full; NULL when it may be loaded */
} ProbeVerdict;

/* `program`: the metergate-probe to run; NULL: beside this program's build, else the installed one. `cache_file` may be
 * NULL. */
Probe *probe_new (const char *program, const char *cache_file, guint timeout_ms);
void probe_free (Probe *probe);

/* Asks the cache, else the child. Waits for the child, timeout_ms at most. `info` is the file's. */
ProbeVerdict probe_file (Probe *probe, const char *path, const struct stat *info);
void probe_verdict_clear (ProbeVerdict *verdict);
gboolean probe_forget (Probe *probe, const char *path); /* a person says: try again; FALSE: nothing was known */
void probe_save (Probe *probe);                         /* writes the cache, if it changed */
guint probe_get_runs (const Probe *probe);              /* children that were started, for tests and statistics */

G_END_DECLS
