/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* found.c: what a scan or a listening driver found: an address, who is there, and how sure that is. */
#include <metergate.h>

#include <host/mgh-readout.h>
#include <string.h>

struct _MgFound {
    char *address;
    MgIdentity identity; /* struct_size 0: not said */
    GPtrArray *settings; /* key, value, key, value ... */
    guint sure;
    gint rssi_dbm;
    GBytes *frame;
};

MgFound *mg_found_new (const char *address)
{
    MgFound *f;

    g_return_val_if_fail (address != NULL, NULL);
    f = g_new0 (MgFound, 1);
    f->address = g_strdup (address);
    f->settings = g_ptr_array_new_with_free_func (g_free);
    f->sure = 100;
    return f;
}

static void found_clear_identity (MgFound *f)
{
    g_free ((char *) f->identity.serial);
    g_free ((char *) f->identity.manufacturer);
    g_free ((char *) f->identity.model);
    g_free ((char *) f->identity.firmware);
    memset (&f->identity, 0, sizeof f->identity);
}

void mg_found_free (MgFound *found)
{
    if (found == NULL)
        return;
    found_clear_identity (found);
    g_ptr_array_unref (found->settings);
    g_clear_pointer (&found->frame, g_bytes_unref);
    g_free (found->address);
    g_free (found);
}

void mg_found_identity (MgFound *found, const MgIdentity *identity)
{
    MgIdentity copy = { 0 };

    g_return_if_fail (found != NULL && identity != NULL);
    memcpy (&copy, identity, MIN (identity->struct_size, sizeof copy));
    copy.struct_size = sizeof copy;
    copy.serial = g_strdup (copy.serial);
    copy.manufacturer = g_strdup (copy.manufacturer);
    copy.model = g_strdup (copy.model);
    copy.firmware = g_strdup (copy.firmware);
    found_clear_identity (found);
    found->identity = copy;
}

void mg_found_setting (MgFound *found, const char *key, const char *value)
{
    g_return_if_fail (found != NULL && key != NULL && value != NULL);
    for (guint i = 0; i < found->settings->len; i += 2)
        if (strcmp (found->settings->pdata[i], key) == 0) {
            g_free (found->settings->pdata[i + 1]);
            found->settings->pdata[i + 1] = g_strdup (value);
            return;
        }
    g_ptr_array_add (found->settings, g_strdup (key));
    g_ptr_array_add (found->settings, g_strdup (value));
}

void mg_found_sure (MgFound *found, guint percent)
{
    g_return_if_fail (found != NULL);
    found->sure = MIN (percent, 100);
}

void mg_found_heard (MgFound *found, gint rssi_dbm, const guint8 *frame, gsize len)
{
    g_return_if_fail (found != NULL);
    found->rssi_dbm = rssi_dbm;
    g_clear_pointer (&found->frame, g_bytes_unref);
    if (frame != NULL && len > 0)
        found->frame = g_bytes_new (frame, len);
}

const char *mgh_found_get_address (const MgFound *f)
{
    return f->address;
}

const MgIdentity *mgh_found_get_identity (const MgFound *f)
{
    return f->identity.struct_size != 0 ? &f->identity : NULL;
}

guint mgh_found_get_sure (const MgFound *f)
{
    return f->sure;
}

void mgh_found_get_heard (const MgFound *f, gint *rssi_dbm, GBytes **frame)
{
    if (rssi_dbm != NULL)
        *rssi_dbm = f->rssi_dbm;
    if (frame != NULL)
        *frame = f->frame;
}

const char *mgh_found_get_setting (const MgFound *f, guint i, const char **value)
{
    if (i >= f->settings->len / 2)
        return NULL;
    if (value != NULL)
        *value = f->settings->pdata[2 * i + 1];
    return f->settings->pdata[2 * i];
}
