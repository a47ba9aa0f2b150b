/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loader.h: libltdl, which keeps accepted modules in memory until the process ends. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* There is no end: lt_dlexit () would forget resident modules, not unload them. */
void loader_begin (void);

/* Loads the file local and resident. The caller holds it open by dlopen () meanwhile, and has found `expected` in it.
 */
gboolean loader_keep (const char *path, const MgModule *expected, GError **error);

G_END_DECLS
