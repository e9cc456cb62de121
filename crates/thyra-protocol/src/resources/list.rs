//! `resources/list`.

use crate::page::list;
use crate::resources::Resource;

list! {
    "resources/list", ListResourcesParams, ListResourcesResult, Resource, resources, "resources"
}
