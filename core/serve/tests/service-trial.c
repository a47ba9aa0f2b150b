/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service-trial.c: a service for tests that tells by counters what it was called for, and misbehaves as told. */
#include <metergate.h>

static const MgSetting settings[] = {
    { .key = "watch", .type = MG_SETTING_SELECTOR, .def = "", .summary = "What updated () is wanted for" },
    { .key = "failures", .type = MG_SETTING_INT, .def = "0", .summary = "How often start () fails before it does not" },
    { .key = "block", .type = MG_SETTING_DURATION, .def = "0", .summary = "How long updated () takes" },
    { .key = "follow", .type = MG_SETTING_INT, .def = "0", .summary = "So many items of a cursor are done at a time" },
    { .key = "refuse", .type = MG_SETTING_BOOL, .def = "no", .summary = "create () fails" },
};

typedef struct {
    MgService *service;
    MgHost *host;
    gint64 failures, block_us, follow, last_seq;
    guint beats;
} Trial;

static gpointer trial_create (MgService *service, const MgConfig *config, GError **error)
{
    const MgMeterNow *const *meters;

    if (mg_config_get_bool (config, "refuse")) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "refused as told");
        return NULL;
    }
    Trial *trial = g_new0 (Trial, 1);
    trial->service = service;
    trial->host = mg_service_get_host (service);
    trial->failures = mg_config_get_int (config, "failures");
    trial->follow = mg_config_get_int (config, "follow");
    trial->block_us = mg_config_get_duration_us (config, "block");
    mg_service_subscribe (service, mg_config_get_selector (config, "watch"));
    mg_host_count (trial->host, "meters-at-create", mg_service_get_meters (service, &meters));
    return trial;
}

static gboolean trial_beat (gpointer data)
{
    Trial *trial = data;

    mg_host_count (trial->host, "beats", 1);
    return ++trial->beats < 3 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean trial_never (gpointer data)
{
    mg_host_count (((Trial *) data)->host, "never", 1);
    return G_SOURCE_REMOVE;
}

static void trial_answered (GObject *source, GAsyncResult *result, gpointer data)
{
    Trial *trial = data;
    g_autoptr (GError) error = NULL;
    g_autoptr (MgReadout) readout = mg_service_command_finish (trial->service, result, &error);

    mg_host_count (trial->host, g_error_matches (error, MG_ERROR, MG_ERROR_UNSUPPORTED) ? "unsupported" : "offered", 1);
}

/* Counts what comes; done after as many as it was told, so that the others come again after a restart. */
static void trial_more (gpointer self, const char *cursor)
{
    Trial *trial = self;
    g_autoptr (GError) error = NULL;
    MgItem *item;

    while (mg_service_next (trial->service, cursor, &item, &error) && item != NULL) {
        if (mg_item_get_seq (item) <= trial->last_seq)
            mg_host_count (trial->host, "out-of-order", 1);
        trial->last_seq = mg_item_get_seq (item);
        mg_host_count (trial->host, mg_item_get_event (item) != NULL ? "events" : "readouts", 1);
        if (mg_item_get_readout (item) != NULL && mg_item_get_n_readings (item) == 1 &&
            mg_point_get_key (mg_item_get_point (item, 0)) != NULL)
            mg_host_count (trial->host, "followed", mg_reading_get_value (mg_item_get_reading (item, 0)).v.number);
        if (trial->follow-- > 0)
            mg_service_done (trial->service, cursor, mg_item_get_seq (item));
        mg_item_free (item);
    }
    if (error != NULL)
        mg_service_set_fault (trial->service, error);
}

static gboolean trial_start (gpointer self, MgCall *call, GError **error)
{
    Trial *trial = self;
    MgCommandRequest request = MG_INIT (MgCommandRequest, .meter = 1, .name = "read");

    if (trial->failures-- > 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "failed as told");
        return FALSE;
    }
    g_autoptr (GSocket) socket = mg_service_bind (trial->service, "tcp:127.0.0.1:0", error);
    if (socket == NULL)
        return FALSE;
    mg_service_after (trial->service, 1000, trial_beat, trial);
    mg_service_cancel (trial->service, mg_service_after (trial->service, 0, trial_never, trial));
    mg_service_after (trial->service, 3600 * (gint64) G_USEC_PER_SEC, trial_never, trial);
    mg_service_command_async (trial->service, &request, NULL, trial_answered, trial);
    if (trial->follow > 0)
        trial_more (trial, "all");
    mg_host_count (trial->host, "started", 1);
    return TRUE;
}

static void trial_stop (gpointer self)
{
    mg_host_count (((Trial *) self)->host, "stopped", 1);
}

static void trial_updated (gpointer self, const MgMeterNow *now)
{
    Trial *trial = self;
    const MgReading *reading = mg_meter_now_get_reading (now, 0);

    if (trial->block_us > 0)
        g_usleep ((gulong) trial->block_us);
    mg_host_count (trial->host, "updated", 1);
    if (reading == NULL)
        return;
    mg_host_count (trial->host, "sum", mg_reading_get_value (reading).v.number);
    gint64 age_ms = mg_service_get_age_ms (trial->service, reading);
    if (age_ms >= 0 && age_ms < 60000 && mg_service_find (trial->service, 1) != NULL)
        mg_host_count (trial->host, "fresh", 1);
}

static void trial_removed (gpointer self, guint32 meter_id)
{
    mg_host_count (((Trial *) self)->host, "removed", meter_id);
}

static void trial_destroy (gpointer self)
{
    mg_host_count (((Trial *) self)->host, "destroyed", 1);
    g_free (self);
}

static const MgServiceOps ops =
    MG_INIT (MgServiceOps, .flags = MG_SERVICE_SERVER, .settings = MG_TABLE (settings), .create = trial_create,
             .destroy = trial_destroy, .start = trial_start, .stop = trial_stop, .updated = trial_updated,
             .removed = trial_removed, .more = trial_more);

static const MgFeature features[] = {
    { .kind = MG_KIND_SERVICE,
      .maturity = MG_MATURITY_EXPERIMENTAL,
      .name = "trial",
      .summary = "A service for tests",
      .ops = &ops },
};

MG_MODULE_DEFINE (.name = "service-trial", .version = "1", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
