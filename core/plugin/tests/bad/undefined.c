/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undefined.c: needs a function that nobody has, and is linked in the way that hides it. */
#include "bad.h"

gboolean mg_not_of_this_world (void);

static gboolean undefined_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    return mg_not_of_this_world ();
}

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = undefined_read);
static const MgFeature features[] = { DRIVER ("undefined", &ops) };
MODULE (.name = "undefined", .features = MG_TABLE (features));
