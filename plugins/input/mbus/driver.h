/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver.h: the functions of the driver, for the table in module.c. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

gpointer mbus_create (MgHost *host, const MgConfig *channel, GError **error);
void mbus_destroy (gpointer self);
gboolean mbus_device_check (const MgConfig *device, GError **error);
gboolean mbus_device_new (gpointer self, MgDevice *device, gpointer *data, GError **error);
void mbus_device_free (gpointer self, gpointer data);
gboolean mbus_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error);
gboolean mbus_probe (gpointer self, MgDevice *device, MgCall *call, MgFound *found, GError **error);

G_END_DECLS
