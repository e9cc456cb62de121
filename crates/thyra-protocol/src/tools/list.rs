//! `tools/list`.

use crate::page::list;
use crate::tools::Tool;

list! {
    "tools/list", ListToolsParams, ListToolsResult, Tool, tools, "tools"
}
