/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* old.c: a plugin as it was built against the headers of ABI 0.0 (sdk/abi/headers-0.0). */
#include <metergate.h>

static gboolean old_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    return TRUE;
}

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = old_read);
static const MgFeature features[] = {
    { .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_STABLE, .name = "old", .summary = "An old one", .ops = &ops },
};
MG_MODULE_DEFINE (.name = "old", .version = "1.0", .vendor = "ACME", .license = "MIT", .features = MG_TABLE (features));
