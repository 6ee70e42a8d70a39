use super::*;

#[test]
fn a_url_tells_what_it_may() {
    let allowed = ["sku".to_owned()];
    for (href, expected, path, search) in [
        ("https://shop.test/", "https://shop.test/", "/", ""),
        ("https://ann:secret@shop.test:8443/a", "https://shop.test:8443/a", "/a", ""),
        ("https://shop.test/a@b/c", "https://shop.test/a@b/c", "/a@b/c", ""),
        ("https://shop.test/a?token=1#access_token=2", "https://shop.test/a", "/a", ""),
        ("https://shop.test/a?sku=1&token=2", "https://shop.test/a?sku=1", "/a", "?sku=1"),
        ("https://shop.test/a?gclid=1#top", "https://shop.test/a?gclid=1", "/a", "?gclid=1"),
        ("https://shop.test/#/cart", "https://shop.test/#/cart", "/", ""),
        ("https://shop.test/#!/cart?token=1", "https://shop.test/#!/cart", "/", ""),
        ("https://shop.test/#!cart", "https://shop.test/", "/", ""),
        ("https://shop.test/?next=https://ann:x@b.test/", "https://shop.test/", "/", ""),
        ("file:///home/index.html?x", "file:///home/index.html", "/home/index.html", ""),
        ("about:blank#x", "about:blank", "blank", ""),
    ] {
        let address = Address { href: expected.into(), path: path.into(), search: search.into() };
        assert_eq!(Address::new(href, &allowed), address, "{href}");
    }
}

#[test]
fn a_page_tells_itself_and_its_campaign() {
    let href = "https://shop.test/boots?utm_source=mail&utm_campaign=May%20sale&gclid=7&utm_term=&token=1";
    let page = Page::new(href, "https://news.test:8443/?q=secret", "A \"b\"", "v1", &[]);
    let told = "utm_source=mail&utm_campaign=May+sale&gclid=7&utm_term=";
    let properties = format!(
        r#"{{"path":"/boots","referrer":"https://news.test:8443/","referring_domain":"news.test","search":"?{told}","url":"https://shop.test/boots?{told}","title":"A \"b\"","viewId":"v1"}}"#
    );
    assert_eq!(page.properties, properties);
    let campaign = r#"{"source":"mail","name":"May sale","gclid":"7"}"#;
    assert_eq!(page.context, format!(r#"{{"page":{properties},"campaign":{campaign}}}"#));
}

#[test]
fn a_page_without_a_campaign_or_a_referrer_has_none() {
    let page = Page::new("https://shop.test/", "", "", "v1", &[]);
    let properties = r#"{"path":"/","referrer":"","referring_domain":"","search":"","url":"https://shop.test/","title":"","viewId":"v1"}"#;
    assert_eq!(page.context, format!(r#"{{"page":{properties}}}"#));
}

#[test]
fn the_apps_own_properties_win() {
    let page = Page::new("https://shop.test/", "", "Shop", "v1", &[]);
    assert_eq!(page.with(""), page.properties);
    let merged = page.with(r#"{"title":"Mine","n":1}"#);
    let merged = RawJson::object(&merged).unwrap();
    assert_eq!(merged.get("title").and_then(RawJson::string).as_deref(), Some("Mine"));
    assert_eq!(merged.get("path").and_then(RawJson::string).as_deref(), Some("/"));
    assert_eq!(merged.get("n").and_then(RawJson::whole_number), Some(1));
    assert_eq!(page.with("[1]"), "[1]");
}

#[test]
fn a_referring_domain_is_the_hosts_name() {
    for (href, expected) in [
        ("https://news.test/a?b", "news.test"),
        ("https://news.test:8443/", "news.test"),
        ("http://[::1]/", "[::1]"),
        ("http://[::1]:80/", "[::1]"),
        ("android-app://com.example", "com.example"),
        ("about:blank", ""),
        ("", ""),
    ] {
        assert_eq!(host_of(href), expected, "{href}");
    }
}
