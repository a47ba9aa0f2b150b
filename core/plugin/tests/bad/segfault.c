/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* segfault.c: crashes when it reads a device; for a whole gateway. */
#include "bad.h"

static gboolean segfault_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    volatile int *volatile nowhere = NULL;

    *nowhere = 1;
    return TRUE;
}

static const MgSetting settings[] = { { .key = "address", .type = MG_SETTING_STRING, .summary = "Whatever" } };
static const MgDriverOps ops = MG_INIT (MgDriverOps, .device_settings = MG_TABLE (settings), .read = segfault_read);
static const MgFeature features[] = { DRIVER ("segfault", &ops) };
MODULE (.name = "segfault", .features = MG_TABLE (features));
