/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bad.h: what the modules of these tests share: a driver that does nothing, and a feature table of one driver. */
#pragma once

#include <metergate.h>

static gboolean nothing_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out,
                              GError **error) G_GNUC_UNUSED;

static gboolean nothing_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    return TRUE;
}

#define DRIVER(feature, functions)                                                                                     \
    {                                                                                                                  \
        .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name = (feature), .summary = "A test",                  \
        .ops = (functions)                                                                                             \
    }
#define MODULE(...)                                                                                                    \
    MG_MODULE_DEFINE (.version = "1", .vendor = "Metergate", .license = "LGPL-2.1-or-later", __VA_ARGS__)
