/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver-bench.c: a driver without a line that makes readouts of 25 readings as fast as it is asked. */
#include <metergate.h>

static const MgSetting device_settings[] = {
    { .key = "address", .type = MG_SETTING_INT, .min = "1", .max = "100000", .summary = "Any number" },
};

static gboolean bench_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    static const MgMeaning energy =
        MG_INIT (MgMeaning, .quantity = "energy", .unit = MG_UNIT_WH, .kind = MG_POINT_COUNTER);
    static _Atomic gint64 counter = 10000000;
    char key[24];

    for (guint i = 0; i < 25; i++) {
        MgMeaning meaning = energy;
        meaning.storage = i;
        g_snprintf (key, sizeof key, "0.%u.0.0:00", i);
        mg_readout_add (out, key, &meaning, mg_value_decimal (counter++ + i * 1000, 3), 0);
    }
    return TRUE;
}

static gpointer bench_create (MgHost *host, const MgConfig *config, GError **error)
{
    return host;
}

static const MgDriverOps ops =
    MG_INIT (MgDriverOps, .flags = MG_DRIVER_NO_LINE, .device_settings = MG_TABLE (device_settings),
             .create = bench_create, .read = bench_read);
static const MgFeature features[] = {
    { .kind = MG_KIND_DRIVER,
      .maturity = MG_MATURITY_EXPERIMENTAL,
      .name = "bench",
      .summary = "Made-up readouts",
      .ops = &ops },
};
MG_MODULE_DEFINE (.name = "bench", .version = "1", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
