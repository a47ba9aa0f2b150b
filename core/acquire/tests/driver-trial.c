/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver-trial.c: a driver without a line whose addresses say how it behaves: below 100 good, 100s no answer, 200s
 * asleep, 299 deaf too. */
#include <metergate.h>

static const MgSetting channel_settings[] = {
    { .key = "colour", .type = MG_SETTING_STRING, .def = "red", .summary = "Something to change" },
};
static const MgSetting device_settings[] = {
    { .key = "address", .type = MG_SETTING_INT, .min = "1", .max = "299", .summary = "Behaviour" },
};

typedef struct {
    MgHost *host;
    gint inside;
    gboolean red;
} Trial;

static gpointer trial_create (MgHost *host, const MgConfig *config, GError **error)
{
    static gint late;
    Trial *trial;

    if (g_str_equal (mg_config_get_string (config, "colour"), "late") && g_atomic_int_add (&late, 1) < 2) {
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "not yet");
        return NULL;
    }
    trial = g_new0 (Trial, 1);
    trial->host = host;
    trial->red = g_str_equal (mg_config_get_string (config, "colour"), "red");
    mg_host_count (host, mg_config_get_string (config, "colour"), 1);
    return trial;
}

static void trial_destroy (gpointer self)
{
    mg_host_count (((Trial *) self)->host, "destroyed", 1);
    g_free (self);
}

static gboolean trial_device_new (gpointer self, MgDevice *device, gpointer *data, GError **error)
{
    mg_host_count (((Trial *) self)->host, "devices", 1);
    *data = g_strdup (mg_device_get_address (device));
    return TRUE;
}

static void trial_device_free (gpointer self, gpointer data)
{
    mg_host_count (((Trial *) self)->host, "devices", -1);
    g_free (data);
}

static gboolean trial_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    static const MgMeaning energy =
        MG_INIT (MgMeaning, .quantity = "energy", .unit = MG_UNIT_WH, .kind = MG_POINT_COUNTER);
    Trial *trial = self;
    gint64 address = mg_config_get_int (mg_device_get_config (device), "address");
    gboolean ok = TRUE;

    if (!g_atomic_int_compare_and_exchange (&trial->inside, 0, 1))
        mg_host_count (trial->host, "overlaps", 1);
    mg_host_count (trial->host, "reads", 1);
    if (address == 299) {
        g_usleep (2 * G_USEC_PER_SEC);
        mg_host_count (trial->host, "woke", 1);
    } else if (address >= 200)
        ok = mg_call_sleep (call, 60 * G_USEC_PER_SEC, error);
    else if (address >= 100) {
        g_set_error (error, MG_ERROR, MG_ERROR_TIMEOUT, "no answer");
        ok = FALSE;
    } else
        mg_readout_add (out, "energy", &energy, mg_value_decimal (address, 0), 0);
    g_atomic_int_set (&trial->inside, 0);
    return ok;
}

static const MgDriverOps ops =
    MG_INIT (MgDriverOps, .flags = MG_DRIVER_NO_LINE, .channel_settings = MG_TABLE (channel_settings),
             .device_settings = MG_TABLE (device_settings), .create = trial_create, .destroy = trial_destroy,
             .device_new = trial_device_new, .device_free = trial_device_free, .read = trial_read);
/* a second driver, that listens: green for a while, red not at all */
static gboolean ear_listen (gpointer self, MgCall *call, GError **error)
{
    Trial *trial = self;

    mg_host_count (trial->host, "listens", 1);
    if (trial->red) {
        g_set_error (error, MG_ERROR, MG_ERROR_PROTOCOL, "deaf");
        return FALSE;
    }
    return mg_call_sleep (call, G_USEC_PER_SEC / 20, error);
}

static const MgDriverOps ear_ops = MG_INIT (MgDriverOps, .channel_settings = MG_TABLE (channel_settings),
                                            .device_settings = MG_TABLE (device_settings), .create = trial_create,
                                            .destroy = trial_destroy, .listen = ear_listen);
static const MgFeature features[] = {
    { .kind = MG_KIND_DRIVER,
      .maturity = MG_MATURITY_EXPERIMENTAL,
      .name = "trial",
      .summary = "Behaves as told",
      .ops = &ops },
    { .kind = MG_KIND_DRIVER,
      .maturity = MG_MATURITY_EXPERIMENTAL,
      .name = "ear",
      .summary = "Listens",
      .ops = &ear_ops },
};
MG_MODULE_DEFINE (.name = "trial", .version = "1", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
