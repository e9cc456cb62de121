use super::Vendor;

#[test]
fn a_name_finds_its_vendor() {
    for vendor in Vendor::ALL {
        assert_eq!(vendor.name().parse(), Ok(vendor));
        assert!(!vendor.title().is_empty());
    }
    let unknown = "nobody".parse::<Vendor>().unwrap_err().to_string();
    assert!(unknown.contains("auth0, authkit,"), "{unknown}");
}
