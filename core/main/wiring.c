/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wiring.c: what the rooms get of each other as function tables, so that none includes what it may not. */
#include "gateway.h"

#include <host/mgh-host.h>
#include <serve/allot.h>

/* ---------------------------------------------------------------------------------------------- what an MgHost may ask
 */

typedef struct {
    Gateway *gateway;
    char *name; /* whose state and events: "mbus1", "report:billing", "server:modbus" */
    Allotments *allotments;
} HostOwner;

static const char *host_fact (gpointer data, const char *fact)
{
    HostOwner *owner = data;

    if (g_str_equal (fact, "uuid"))
        return store_gateway_uid (owner->gateway->store);
    if (g_str_equal (fact, "name"))
        return g_atomic_pointer_get (&owner->gateway->name);
    if (g_str_equal (fact, "version"))
        return METERGATE_VERSION;
    if (g_str_equal (fact, "state-folder"))
        return owner->gateway->options.state_dir;
    if (g_str_equal (fact, "store-queue")) {
        static _Thread_local char queued[24]; /* a number of its own for each thread that asks */
        StoreStatistics s;
        store_get_statistics (owner->gateway->store, &s);
        g_snprintf (queued, sizeof queued, "%" G_GUINT64_FORMAT, s.queued);
        return queued;
    }
    return NULL;
}

static void host_raise (gpointer data, const char *code, guint32 meter, const char *key, const char *const *params)
{
    HostOwner *owner = data;
    g_autofree char *subject = meter == 0    ? g_strdup ("gateway")
                               : key == NULL ? g_strdup_printf ("meter:%u", meter)
                                             : g_strdup_printf ("meter:%u/%s", meter, key);

    journal_raise_strv (owner->gateway->journal, code, subject, owner->name, params);
}

static void host_put_state (gpointer data, const char *key, GBytes *value)
{
    HostOwner *owner = data;

    store_state_put (owner->gateway->store, owner->name, key, value);
}

static GBytes *host_get_state (gpointer data, const char *key)
{
    HostOwner *owner = data;

    return store_state_get (owner->gateway->store, owner->name, key);
}

static gboolean host_allot (gpointer data, const char *space, const char *key, guint32 low, guint32 high, guint32 width,
                            guint32 wish, guint32 *first, GError **error)
{
    return allotments_allot (((HostOwner *) data)->allotments, space, key, low, high, width, wish, first, error);
}

static void host_release (gpointer data, const char *space, const char *key)
{
    allotments_release (((HostOwner *) data)->allotments, space, key);
}

static const MghHostOps host_ops = {
    .struct_size = sizeof (MghHostOps),
    .get_fact = host_fact,
    .raise = host_raise,
    .put_state = host_put_state,
    .get_state = host_get_state,
    .allot = host_allot,
    .release = host_release,
};

static void host_owner_free (gpointer data)
{
    HostOwner *owner = data;

    allotments_free (owner->allotments);
    g_free (owner->name);
    g_free (owner);
}

static MgHost *make_host (Gateway *gateway, const char *owner_name, const char *name)
{
    HostOwner *owner = NULL;

    g_mutex_lock (&gateway->host_mutex);
    if (gateway->host_owners == NULL)
        gateway->host_owners = g_ptr_array_new_with_free_func (host_owner_free);
    for (guint i = 0; owner == NULL && i < gateway->host_owners->len; i++)
        if (g_str_equal (((HostOwner *) gateway->host_owners->pdata[i])->name, owner_name))
            owner = gateway->host_owners->pdata[i]; /* names come again with each restart of an instance */
    if (owner == NULL) {
        owner = g_new (HostOwner, 1);
        owner->gateway = gateway;
        owner->name = g_strdup (owner_name);
        owner->allotments = allotments_new (gateway->store, owner_name);
        g_ptr_array_add (gateway->host_owners, owner);
    }
    g_mutex_unlock (&gateway->host_mutex);
    return mgh_host_new (name, mgh_clock_real (), &host_ops, owner);
}

MgHost *gateway_make_host (gpointer data, const char *name)
{
    return make_host (data, name, name);
}

/* ---------------------------------------------------------------------------------------------------- the model's
 * links */

static const char *link_interface_of (gpointer data, const char *channel)
{
    Gateway *gateway = data;

    return gateway->acquire != NULL ? acquire_interface_of (gateway->acquire, channel) : NULL;
}

static gboolean link_check_address (gpointer data, const char *channel, const char *address, char **normal,
                                    GError **error)
{
    Gateway *gateway = data;

    return acquire_check_address (gateway->acquire, channel, address, normal, error);
}

ModelLinks gateway_model_links (Gateway *gateway)
{
    return (ModelLinks){ gateway, link_interface_of, link_check_address };
}

/* ------------------------------------------------------------------------------------------------------------- reports
 */

static gpointer catalogue_take (gpointer data)
{
    return model_catalogue (((Gateway *) data)->model);
}

static void catalogue_release (gpointer catalogue)
{
    model_catalogue_free (catalogue);
}

static const MgMeter *catalogue_meter_of_device (gpointer catalogue, gint64 device)
{
    return model_catalogue_of_device (catalogue, device);
}

static MgHost *report_host (gpointer data, const char *kind, const char *name)
{
    g_autofree char *owner = g_strdup_printf ("%s:%s", kind, name);

    return gateway_make_host (data, owner);
}

ReportOptions gateway_report_options (Gateway *gateway)
{
    return (ReportOptions){ .store = gateway->store,
                            .plugins = gateway->plugins,
                            .journal = gateway->journal,
                            .state_folder = gateway->options.state_dir,
                            .gateway = store_gateway_uid (gateway->store),
                            .host = report_host,
                            .host_data = gateway,
                            .catalogue = { gateway, catalogue_take, catalogue_release, catalogue_meter_of_device } };
}

/* ------------------------------------------------------------------------------------------------------------ services
 */

static MgHost *serve_host (gpointer data, const char *kind, const char *name)
{
    g_autofree char *owner = g_strdup_printf ("%s:%s", kind, name);

    return make_host (data, owner, name);
}

ServeOptions gateway_serve_options (Gateway *gateway)
{
    return (ServeOptions){ .store = gateway->store,
                           .model = gateway->model,
                           .plugins = gateway->plugins,
                           .journal = gateway->journal,
                           .host = serve_host,
                           .host_data = gateway };
}
