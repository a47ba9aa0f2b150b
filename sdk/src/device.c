/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c: MgDevice, the channel's copy of a device, and the command that is sent to one. */
#include <host/mgh-host.h>
#include <host/mgh-config.h>

struct _MgDevice {
    gatomicrefcount refs;
    guint32 id;
    char *address;
    MgConfig *config;
    gpointer data;
    GPtrArray *offered; /* const MgCommand *, of the driver's tables */
};

struct _MgCommandCall {
    char *name, *id;
    guint32 meter;
    MgConfig *args;
    MghCommandDone done;
    gpointer owner;
};

MgDevice *mgh_device_new (guint32 id, const char *address, MgConfig *config)
{
    MgDevice *device = g_new0 (MgDevice, 1);

    g_atomic_ref_count_init (&device->refs);
    device->id = id;
    device->address = g_strdup (address);
    device->config = config == NULL ? NULL : mgh_config_ref (config);
    device->offered = g_ptr_array_new ();
    return device;
}

MgDevice *mgh_device_ref (MgDevice *device)
{
    g_atomic_ref_count_inc (&device->refs);
    return device;
}

void mgh_device_unref (MgDevice *device)
{
    if (device == NULL || !g_atomic_ref_count_dec (&device->refs))
        return;
    g_clear_pointer (&device->config, mgh_config_unref);
    g_ptr_array_unref (device->offered);
    g_free (device->address);
    g_free (device);
}

guint32 mgh_device_get_id (MgDevice *device)
{
    return device->id;
}

void mgh_device_set_data (MgDevice *device, gpointer data)
{
    device->data = data;
}

const MgCommand *const *mgh_device_get_commands (MgDevice *device, guint *n)
{
    *n = device->offered->len;
    return (const MgCommand *const *) device->offered->pdata;
}

const char *mg_device_get_address (MgDevice *device)
{
    return device->address;
}

const MgConfig *mg_device_get_config (MgDevice *device)
{
    return device->config;
}

gpointer mg_device_get_data (MgDevice *device)
{
    return device->data;
}

gboolean mg_device_offer (MgDevice *device, const MgCommand *command, GError **error)
{
    for (guint i = 0; i < device->offered->len; i++) {
        const MgCommand *known = g_ptr_array_index (device->offered, i);

        if (g_str_equal (known->name, command->name)) {
            g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "device %s: command \"%s\" is offered twice",
                         device->address, command->name);
            return FALSE;
        }
    }
    g_ptr_array_add (device->offered, (gpointer) command);
    return TRUE;
}

MgCommandCall *mgh_command_call_new (const char *name, MgConfig *args, const char *id, guint32 meter,
                                     MghCommandDone done, gpointer owner)
{
    MgCommandCall *command = g_new0 (MgCommandCall, 1);

    command->name = g_strdup (name);
    command->id = g_strdup (id);
    command->meter = meter;
    command->args = args == NULL ? NULL : mgh_config_ref (args);
    command->done = done;
    command->owner = owner;
    return command;
}

void mgh_command_call_free (MgCommandCall *c)
{
    if (c == NULL)
        return;
    g_clear_pointer (&c->args, mgh_config_unref);
    g_free (c->name);
    g_free (c->id);
    g_free (c);
}

const char *mg_command_call_get_name (MgCommandCall *c)
{
    return c->name;
}

const MgConfig *mg_command_call_get_args (MgCommandCall *c)
{
    return c->args;
}

const char *mg_command_call_get_id (MgCommandCall *c)
{
    return c->id;
}

guint32 mg_command_call_get_meter (MgCommandCall *c)
{
    return c->meter;
}

void mg_command_call_done (MgCommandCall *c, GError *error)
{
    MghCommandDone done = g_steal_pointer (&c->done);

    if (done != NULL)
        done (c->owner, error);
    else
        g_clear_error (&error);
}
