/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver.c: delivers a batch as a file, and keeps the folder within its limits. */
#include <metergate.h>

#include "driver.h"
#include "folder.h"

#include <string.h>

typedef struct {
    MgHost *host;
    char *folder;
    gint64 keep_days, keep_bytes;
    guint32 mode;
} File;

gpointer file_create (MgHost *host, const MgConfig *config, GError **error)
{
    const char *folder = mg_config_get_string (config, "folder");
    File *file;

    if (folder == NULL || !g_path_is_absolute (folder)) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "folder '%s': expected an absolute path",
                     folder != NULL ? folder : "");
        return NULL;
    }
    file = g_new0 (File, 1);
    file->host = host;
    file->folder = g_strdup (folder);
    file->keep_days = mg_config_get_int (config, "keep-days");
    file->keep_bytes = mg_config_get_int (config, "keep-size");
    file->mode = mg_config_get_bool (config, "others-may-read") ? 0644 : 0600;
    return file;
}

void file_destroy (gpointer self)
{
    File *file = self;

    g_free (file->folder);
    g_free (file);
}

/* "GATEWAY-billing-" of the identity "GATEWAY-billing-17-42-0badcafe"; NULL: not of that shape. full */
static char *file_prefix (const char *identity)
{
    gsize len = strlen (identity);

    for (guint dashes = 0; len > 0; len--)
        if (identity[len - 1] == '-' && ++dashes == 3)
            return g_strndup (identity, len);
    return NULL;
}

static void file_retain (File *file, MgDelivery *delivery, MgCall *call)
{
    g_autofree char *prefix = file_prefix (mg_delivery_get_identity (delivery));
    FolderRetention retention = { .prefix = prefix,
                                  .now_ms = mg_host_now_ms (file->host),
                                  .keep_days = file->keep_days,
                                  .keep_bytes = file->keep_bytes };
    g_autoptr (GError) error = NULL;
    guint removed;

    if (prefix == NULL || (file->keep_days == 0 && file->keep_bytes == 0))
        return;
    /* what cannot be removed is no reason to deliver again */
    if (!folder_retain (file->folder, &retention, &removed, &error))
        mg_host_log (file->host, G_LOG_LEVEL_WARNING, "%s: %s", file->folder, error->message);
    else if (removed > 0)
        mg_call_step (call, MG_STEP_INFO, "retained", "%u old files removed", removed);
}

gboolean file_deliver (gpointer self, MgDelivery *delivery, MgCall *call, GError **error)
{
    File *file = self;
    const char *name = mg_delivery_get_name (delivery);
    guint64 size = mg_delivery_get_size (delivery);
    gboolean already;

    if (!folder_put (file->folder, name, mg_delivery_get_stream (delivery), size, file->mode,
                     mg_call_get_cancellable (call), &already, error)) {
        gboolean never = g_error_matches (*error, MG_ERROR, MG_ERROR_CONFIG);
        mg_delivery_set_verdict (delivery, never ? MG_VERDICT_NEVER : MG_VERDICT_AGAIN, 0);
        g_prefix_error (error, "%s: ", file->folder);
        return FALSE;
    }
    mg_call_step (call, MG_STEP_OK, already ? "there-already" : "written", "%s/%s, %" G_GUINT64_FORMAT " bytes",
                  file->folder, name, size);
    mg_delivery_set_verdict (delivery, MG_VERDICT_DELIVERED, 0);
    file_retain (file, delivery, call);
    return TRUE;
}
