/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay.c: a recording as a line. */
#include "line.h"
MgLine *mgh_line_new_replay (const char *path, MghReplay replay, gboolean fast, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: recordings are not played yet", path);
    return NULL;
}
