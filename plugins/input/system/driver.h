/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver.h: the functions of the driver, for the table in module.c. */
#pragma once

#include <metergate.h>

gpointer system_create (MgHost *host, const MgConfig *channel, GError **error);
void system_destroy (gpointer self);
gboolean system_device_new (gpointer self, MgDevice *device, gpointer *data, GError **error);
void system_device_free (gpointer self, gpointer data);
gboolean system_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error);
